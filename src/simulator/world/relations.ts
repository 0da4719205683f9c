/**
 * Which member follows which customer, computed and not stored, so that a million relations need memory only for what
 * has changed. Follower number k (in generation order) owns the customers [start(k), start(k) + own(k)), and also
 * follows some customers of the two followers before him; so a customer has one to three followers. With the trap
 * `manyFollowers` customer 0 is followed by all.
 */
import { random } from '../random.ts';
import type { Member } from './people.ts';

interface Share {
  /** place of the follower in the order */
  k: number;
  start: number;
  own: number;
  /** how many of the previous follower's customers, from his second one on */
  fromPrevious: number;
  fromBeforePrevious: number;
  everyone: boolean;
}

/** Live changes of one member's relations. */
interface Changes {
  removed: Set<number>;
  added: Set<number>;
}

export class Relations {
  readonly #shares = new Map<number, Share>();
  readonly #order: number[] = [];
  readonly #changes = new Map<number, Changes>();
  readonly #addedFollowers = new Map<number, Set<number>>();
  #customers = 0;

  /** `perMember`: average number of relations; the member `empty` has none. */
  constructor(seed: number, followers: Member[], perMember: number, everyone: boolean) {
    const withCustomers = followers.slice(0, -1);
    withCustomers.forEach((member, k) => {
      const r = random(seed, 'share', member.index);
      const own = Math.max(3, Math.round(perMember * (0.4 + r.next() * 0.9)));
      const before = this.#share(k - 1);
      const twoBefore = this.#share(k - 2);
      this.#shares.set(member.index, {
        k,
        start: this.#customers,
        own,
        fromPrevious: before === undefined ? 0 : Math.floor(before.own * 0.2),
        fromBeforePrevious: twoBefore === undefined ? 0 : Math.floor(twoBefore.own * 0.08),
        everyone: everyone && k > 0,
      });
      this.#order.push(member.index);
      this.#customers += own;
    });
  }

  #share(k: number): Share | undefined {
    const index = this.#order[k];
    return index === undefined ? undefined : this.#shares.get(index);
  }

  /** Number of customers that were ever known. */
  get customers(): number {
    return this.#customers;
  }

  /** Places in the member's list; a place may be empty because its relation has ended. */
  slots(member: number): number {
    return this.#base(member) + (this.#changes.get(member)?.added.size ?? 0);
  }

  #base(member: number): number {
    const share = this.#shares.get(member);
    if (share === undefined) return 0;
    return share.own + share.fromPrevious + share.fromBeforePrevious + Number(share.everyone);
  }

  /** The customer in that place, or undefined when the relation has ended. */
  customerAt(member: number, slot: number): number | undefined {
    const changes = this.#changes.get(member);
    const base = this.#base(member);
    if (slot >= base) return changes === undefined ? undefined : [...changes.added][slot - base];
    const customer = this.#baseCustomer(member, slot);
    return customer === undefined || changes?.removed.has(customer) === true ? undefined : customer;
  }

  #baseCustomer(member: number, slot: number): number | undefined {
    const share = this.#shares.get(member);
    if (share === undefined) return undefined;
    const { k } = share;
    if (slot < share.own) return share.start + slot;
    const second = slot - share.own;
    if (second < share.fromPrevious) return (this.#share(k - 1)?.start ?? 0) + 1 + second;
    const third = second - share.fromPrevious;
    if (third < share.fromBeforePrevious) return (this.#share(k - 2)?.start ?? 0) + 1 + third;
    return 0;
  }

  *of(member: number): Generator<number> {
    const slots = this.slots(member);
    for (let slot = 0; slot < slots; slot++) {
      const customer = this.customerAt(member, slot);
      if (customer !== undefined) yield customer;
    }
  }

  has(member: number, customer: number): boolean {
    const changes = this.#changes.get(member);
    if (changes?.added.has(customer) === true) return true;
    return this.#inBase(member, customer) && changes?.removed.has(customer) !== true;
  }

  #inBase(member: number, customer: number): boolean {
    return this.#baseFollowers(customer).includes(member);
  }

  /** Every member that follows the customer, in generation order. */
  followers(customer: number): number[] {
    const base = this.#baseFollowers(customer).filter((member) => this.has(member, customer));
    const added = [...(this.#addedFollowers.get(customer) ?? [])].filter((member) => !base.includes(member));
    return [...base, ...added];
  }

  #baseFollowers(customer: number): number[] {
    const k = this.#ownerOf(customer);
    const owner = this.#share(k);
    if (owner === undefined || customer >= owner.start + owner.own) return [];
    const offset = customer - owner.start;
    const followers = [k];
    if (offset > 0 && offset <= (this.#share(k + 1)?.fromPrevious ?? 0)) followers.push(k + 1);
    if (offset > 0 && offset <= (this.#share(k + 2)?.fromBeforePrevious ?? 0)) followers.push(k + 2);
    if (customer === 0)
      followers.push(...this.#order.keys().filter((i) => this.#share(i)?.everyone === true));
    return followers.map((i) => this.#order[i] ?? -1);
  }

  /** The last follower whose range starts at or before the customer. */
  #ownerOf(customer: number): number {
    let low = 0;
    let high = this.#order.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((this.#share(middle)?.start ?? 0) <= customer) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  #changesOf(member: number): Changes {
    const changes = this.#changes.get(member) ?? { removed: new Set(), added: new Set() };
    this.#changes.set(member, changes);
    return changes;
  }

  /** A number for a customer that nobody knew before. */
  newCustomer(): number {
    return this.#customers++;
  }

  add(member: number, customer: number): void {
    const changes = this.#changesOf(member);
    if (this.#inBase(member, customer)) {
      changes.removed.delete(customer);
      return;
    }
    changes.added.add(customer);
    const followers = this.#addedFollowers.get(customer) ?? new Set();
    this.#addedFollowers.set(customer, followers.add(member));
  }

  remove(member: number, customer: number): void {
    const changes = this.#changesOf(member);
    if (changes.added.delete(customer)) this.#addedFollowers.get(customer)?.delete(member);
    else if (this.#inBase(member, customer)) changes.removed.add(customer);
  }
}
