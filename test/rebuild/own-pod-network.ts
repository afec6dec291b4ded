const daemonSet = `apiVersion: apps/v1
kind: DaemonSet
metadata: { name: pod-network, namespace: kube-system }
spec:
  selector: { matchLabels: { app: pod-network } }
  template:
    metadata: { labels: { app: pod-network } }
    spec: { containers: [{ name: agent, image: example.invalid/agent:1 }] }
`;

/** A cluster whose configuration brings no pod network: a manifest does, and a command runs after it. */
export const ownPodNetwork = {
  files: { 'no-cni.yaml': 'cluster: { network: { cni: { name: none } } }\n', 'cni.yaml': daemonSet },
  settings: `patches: { all: [no-cni.yaml] }
afterBootstrap: { manifests: [cni.yaml], commands: [[sh, -c, 'grep server: "$KUBECONFIG" >installed']] }
`,
} as const;
