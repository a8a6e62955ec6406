// The sounds that agents can send.
import { get, path } from "./client";
import type { Shape } from "./sent";

export type SoundFile = Shape<"Sound">;

export const sounds = async () => (await get<Shape<"Sounds">>("/sounds")).sounds.filter(({ seconds }) => seconds !== null);
export const soundPath = (name: string) => path`/sounds/${name}`;
