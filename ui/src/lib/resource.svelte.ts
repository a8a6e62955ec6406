// Something that is loaded: what is there, whether it is still coming, why it did not come.

export class Resource<T> {
  data = $state.raw<T | undefined>(undefined);
  error = $state.raw<unknown>(null);
  loading = $state(true);
  private turn = 0;
  private over = false;

  constructor(private load: () => Promise<T>) {}

  /** Loads it (again). What is there stays to be seen meanwhile; of two loads at once the later one counts. */
  reload = async (): Promise<void> => {
    if (this.over) return;
    const turn = ++this.turn;
    this.loading = true;
    try {
      const data = await this.load();
      if (turn === this.turn) [this.data, this.error] = [data, null];
    } catch (thrown) {
      if (turn === this.turn && !(thrown instanceof DOMException && thrown.name === "AbortError")) this.error = thrown;
    } finally {
      if (turn === this.turn) this.loading = false;
    }
  };

  /** Who shows it is gone, and with it what the next load would read. */
  end = () => {
    this.over = true;
  };
}

/** To be called in a component's script: loads, and loads again (from nothing) when what `load` reads before its first await changes. */
export const useResource = <T>(load: () => Promise<T>): Resource<T> => {
  const resource = new Resource(load);
  $effect(() => resource.end);
  $effect(() => {
    resource.data = undefined;
    void resource.reload();
  });
  return resource;
};
