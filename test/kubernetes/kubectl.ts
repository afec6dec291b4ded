import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { execa } from 'execa';
import { kubectl as program } from '../programs/kubectl.ts';

export interface KubectlOptions {
  kubeconfig: string;
  folder: string;
  input?: string;
}

/** The real kubectl, with nothing of the user's own settings; never rejects for a failing command. */
export async function kubectl(
  arguments_: string[],
  { kubeconfig, folder, input }: KubectlOptions,
): Promise<{ exitCode: number | undefined; stdout: string; stderr: string }> {
  const { exitCode, stdout, stderr } = await execa(program, arguments_, {
    reject: false,
    timeout: 30_000,
    extendEnv: false,
    env: environment(kubeconfig, folder),
    ...(input === undefined ? {} : { input }),
  });
  return { exitCode, stdout, stderr };
}

/** A kubectl that runs on, for `-w` and `wait`: the caller ends it. */
export function startKubectl(arguments_: string[], { kubeconfig, folder }: KubectlOptions): ChildProcess {
  return spawn(program, arguments_, { env: environment(kubeconfig, folder), timeout: 30_000 });
}

function environment(kubeconfig: string, folder: string): { [name: string]: string } {
  return { PATH: process.env['PATH'] ?? '', HOME: folder, KUBECONFIG: kubeconfig, KUBECACHEDIR: join(folder, 'cache') };
}
