// What keeps a process from starting; its message says what to do.
export class VaultError extends Error {}
