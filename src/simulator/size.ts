/** How big the simulated company is. */
export interface Size {
  /** stores (门店), each a department with its own staff */
  stores: number;
  /** members of the whole company, head office included */
  members: number;
  /** customers of one member with customer contact, on average */
  customersPerMember: number;
  groups: number;
  /** external people in one group, on average */
  groupMembers: number;
  /** approvals spread over `historyDays` */
  approvals: number;
  /** days of punches and approvals before the first day */
  historyDays: number;
}

export const SIZES = {
  tiny: {
    stores: 3,
    members: 12,
    customersPerMember: 12,
    groups: 10,
    groupMembers: 5,
    approvals: 40,
    historyDays: 40,
  },
  demo: {
    stores: 9,
    members: 60,
    customersPerMember: 84,
    groups: 60,
    groupMembers: 30,
    approvals: 300,
    historyDays: 182,
  },
  large: {
    stores: 80,
    members: 1_200,
    customersPerMember: 900,
    groups: 4_000,
    groupMembers: 60,
    approvals: 10_000,
    historyDays: 182,
  },
} satisfies Record<string, Size>;

export type SizeChoice = keyof typeof SIZES | Partial<Size>;

/** A named size, or 'tiny' with some numbers of one's own. */
export function chooseSize(choice: SizeChoice): Size {
  return typeof choice === 'string' ? SIZES[choice] : { ...SIZES.tiny, ...choice };
}
