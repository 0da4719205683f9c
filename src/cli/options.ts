/** Options of every command. */
export interface GlobalOptions {
  readonly config?: string;
}

export interface JsonFlag {
  readonly json?: boolean;
}
