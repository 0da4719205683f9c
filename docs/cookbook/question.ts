/** One question with its query, told in both languages. Both pages are generated from these. */
export interface Texts {
  readonly en: string;
  readonly zh: string;
}

export interface Question {
  /** Stable: the checks of test/integration/cookbook.test.ts go by it. */
  readonly id: string;
  readonly title: Texts;
  /** What is counted, and which mistake the query avoids. */
  readonly note: Texts;
  /** In a fixed order down to the last row, and without the time of day: the answer is committed. */
  readonly sql: string;
}

export interface Section {
  readonly title: Texts;
  readonly questions: readonly Question[];
}
