/**
 * Goes back to the folder in which the person typed `npm run client` or `npm run demo`: npm starts scripts in the
 * package's own folder, and file names on the command line are meant from where they were typed.
 */
export function returnToCallersFolder(env: NodeJS.ProcessEnv): void {
  const typedIn = env['INIT_CWD'];
  if (env['npm_package_name'] === 'talos-rebuild' && typedIn) process.chdir(typedIn);
}
