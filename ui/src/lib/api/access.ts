// Who is there, and what they may.
import { get, path, post, put, remove, request } from "./client";

export type Scope = "run" | "read" | "write" | "admin";
export interface Me { user: string | null; key: string | null; scopes: Scope[]; default_password: boolean }
export interface Session { id: string; browser: string; created: number; seen: number; expires: number; current: boolean }
export interface User { id: string | number; name: string; created: number }
export interface Key { id: string | number; name: string; scopes: Scope[]; created: number; used: number | null }

export const login = (user: string, password: string) => request<void>("POST", "/login", { body: { user, password }, open: true });
export const logout = () => post<void>("/logout");
export const me = () => request<Me>("GET", "/me", { open: true });
export const sessions = () => get<{ sessions: Session[] }>("/sessions").then((answer) => answer.sessions);
export const endSession = (id: string) => remove(path`/sessions/${id}`);
export const users = () => get<{ users: User[] }>("/users").then((answer) => answer.users);
export const addUser = (name: string, password: string) => post<User>("/users", { name, password });
export const setPassword = (id: string | number, password: string, old?: string) => put<void>(path`/users/${id}/password`, { password, old });
export const removeUser = (id: string | number) => remove(path`/users/${id}`);
export const keys = () => get<{ keys: Key[] }>("/keys").then((answer) => answer.keys);
export const addKey = (name: string, scopes: Scope[]) => post<Key & { key: string }>("/keys", { name, scopes });
export const removeKey = (id: string | number) => remove(path`/keys/${id}`);
