/** Commands whose output differs from the real clients', each with its reason. One that no longer differs fails. */
export const accepted: { command: RegExp; reason: string }[] = [
  {
    command: /--sort-by='\{\.status\.startTime\}'/,
    reason:
      'of equal keys the real kubectl changes the order (Go sorts more than twelve items unstably); ours keeps it',
  },
  {
    command: /config get-contexts/,
    reason: 'a served cluster has a context of its own, the shell the one that kubeadm writes on a control plane',
  },
];
