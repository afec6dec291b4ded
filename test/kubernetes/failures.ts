import { KubernetesError, type KubernetesErrorKind } from '../../src/kubernetes/kubernetes-error.ts';

/** For assert.rejects: a KubernetesError of this kind that says this. */
export function isKubernetesError(kind: KubernetesErrorKind, message: RegExp): (error: unknown) => boolean {
  return (error) => {
    if (!(error instanceof KubernetesError)) throw error;
    const fits = error.kind === kind && message.test(error.message);
    if (!fits) throw new Error(`${error.kind}: ${error.message}`, { cause: error });
    return true;
  };
}
