// Who is there, and what they may.
import type { Shape } from "./sent";
import { get, path, post, put, remove, request } from "./client";

/** A key may what its scopes say; users, and the key of the server's start, may all. */
export type Scope = Shape<"ScopeWord">;
export type Me = Shape<"Me">;
export type Session = Shape<"Session">;
export type User = Shape<"User">;
export type Key = Shape<"Key">;

export const login = (user: string, password: string) => request<void>("POST", "/login", { body: { user, password }, open: true });
export const logout = () => post<void>("/logout");
export const me = () => request<Me>("GET", "/me", { open: true });
export const sessions = () => get<{ sessions: Session[] }>("/sessions").then((answer) => answer.sessions);
export const endSession = (id: number) => remove(path`/sessions/${id}`);
export const users = () => get<{ users: User[] }>("/users").then((answer) => answer.users);
export const addUser = (name: string, password: string) => post<User>("/users", { name, password });
export const setPassword = (id: number, password: string, old?: string) => put<void>(path`/users/${id}/password`, { password, old });
export const removeUser = (id: number) => remove(path`/users/${id}`);
export const keys = () => get<{ keys: Key[] }>("/keys").then((answer) => answer.keys);
export const addKey = (name: string, scopes: Scope[]) => post<Shape<"MadeKey">>("/keys", { name, scopes });
export const removeKey = (id: number) => remove(path`/keys/${id}`);
