/** Finalizer that holds a CustomResourceDefinition which is being deleted until its objects are gone. */
export const CLEANUP = 'customresourcecleanup.apiextensions.k8s.io';
