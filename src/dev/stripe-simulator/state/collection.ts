/** One kind of record of one account: by id, in order of creation, every change reported to the journal. */

export interface Identified {
  id: string
}

export type ChangeListener = (collection: string, id: string, record: Identified | null) => void

export class Collection<T extends Identified> {
  readonly name: string
  #byId = new Map<string, T>()
  #inOrder: T[] = []
  #onChange: ChangeListener

  constructor(name: string, onChange: ChangeListener) {
    this.name = name
    this.#onChange = onChange
  }

  get(id: string): T | undefined {
    return this.#byId.get(id)
  }

  /** Oldest first. The array is the collection's own: read it, never change it. */
  all(): readonly T[] {
    return this.#inOrder
  }

  get size(): number {
    return this.#inOrder.length
  }

  add(record: T): T {
    this.#byId.set(record.id, record)
    this.#inOrder.push(record)
    this.#onChange(this.name, record.id, record)
    return record
  }

  /** To be called after each change of a record that is in the collection. */
  changed(record: T): void {
    this.#onChange(this.name, record.id, record)
  }

  remove(id: string): void {
    const record = this.#byId.get(id)
    if (!record) return
    this.#byId.delete(id)
    this.#inOrder.splice(this.#inOrder.indexOf(record), 1)
    this.#onChange(this.name, id, null)
  }

  clear(): void {
    for (const record of [...this.#inOrder]) this.remove(record.id)
  }

  /** Takes a record from the journal, without reporting it back. */
  restore(record: T): void {
    this.#byId.set(record.id, record)
    this.#inOrder.push(record)
  }
}
