// The shapes that the server's document names, as they come: a field that may be null is always there.
import type { components } from "./schema";

/** A shape with all its fields, in depth: the document leaves out that what is null is sent all the same. */
export type Sent<T> = T extends (infer Item)[] ? Sent<Item>[] : T extends object ? { [Field in keyof T]-?: Sent<Exclude<T[Field], undefined>> } : T;
export type Shape<Name extends keyof components["schemas"]> = Sent<components["schemas"][Name]>;
