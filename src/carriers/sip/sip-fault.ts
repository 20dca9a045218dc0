/**
 * Why a request or an answer of ours came to nothing. `away`: the server cannot be asked; `gone`: it knows no such dialog or
 * transaction; `silent`: nothing came back in time; `refused`: the far end, or the server, would not.
 */
export class SipFault extends Error {
  readonly kind: 'gone' | 'away' | 'silent' | 'refused';
  constructor(kind: SipFault['kind'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'SipFault';
    this.kind = kind;
  }
}
