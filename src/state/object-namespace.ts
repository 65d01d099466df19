/** A binding of Durable Objects, as far as it is used here. */
export interface ObjectNamespace<Rpc> {
  getByName(name: string): Rpc;
}
