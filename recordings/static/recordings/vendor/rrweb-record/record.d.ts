/** As much of rrweb's recorder as we call; no type checker should read the rest. */
export interface RrwebEvent {
  type: number;
  data: any;
  timestamp: number;
}

export interface Mirror {
  add(node: Node, meta: { id: number }): void;
  removeNodeFromMap(node: Node): void;
}

export const record: {
  (options: { emit: (event: RrwebEvent) => void; [option: string]: unknown }): (() => void) | undefined;
  mirror: Mirror;
};
