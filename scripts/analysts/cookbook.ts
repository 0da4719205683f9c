/** docs/cookbook*.md: each question of docs/cookbook/ with its query and what the simulated company answers. */
import { Client } from 'pg';
import { SECTIONS } from '../../docs/cookbook/index.ts';
import type { Question, Section, Texts } from '../../docs/cookbook/question.ts';
import { textTable } from '../../src/cli/table.ts';
import { anchor, generatedPage } from './markdown.ts';

type Language = keyof Texts;

export interface Answer {
  readonly header: readonly string[];
  /** As PostgreSQL writes the values, in Shanghai time; null is NULL. */
  readonly rows: readonly (readonly (string | null)[])[];
}

const SHOWN_ROWS = 6;

/** Asks as the analysts' role would: in Shanghai time, read-only. */
export async function withAnalyst<T>(
  url: string,
  work: (ask: (sql: string) => Promise<Answer>) => Promise<T>,
): Promise<T> {
  const client = new Client({
    connectionString: url,
    options: '-c TimeZone=Asia/Shanghai -c default_transaction_read_only=on',
    types: { getTypeParser: () => (text: string) => text },
  });
  await client.connect();
  try {
    return await work(async (text) => {
      const { fields, rows } = await client.query<(string | null)[]>({ text, rowMode: 'array' });
      return { header: fields.map((field) => field.name), rows };
    });
  } finally {
    await client.end();
  }
}

const PAGES: Readonly<Record<Language, { path: string; title: string; head: readonly string[] }>> = {
  en: {
    path: 'docs/cookbook.md',
    title: 'Cookbook',
    head: [
      '[中文](cookbook.zh-CN.md)',
      'Questions that BI people ask every month, each with a query on schema `analytics` and its answer. The answers are those of a simulated retailer: a first sync on 2025-09-27 at 02:30, then a run every night until 2025-10-05. A test asks all of them again and compares most with a count of its own. Put your own dates in place of these.',
      'Two rules hold everywhere: join on `corp_id` too, and never sum a figure ending in `_eod` over days. Names and phones of people are in `analytics_pii` (join `userid` or `external_userid`). What every column means: [the data dictionary](data-dictionary.md). What cannot be asked: [what WeCom does not give](cannot-answer.md).',
    ],
  },
  zh: {
    path: 'docs/cookbook.zh-CN.md',
    title: '查询示例',
    head: [
      '[English](cookbook.md)',
      'BI 人员每月都会问的问题，每题给出基于 `analytics` 的查询与结果。结果来自一家模拟的零售企业：2025-09-27 02:30 首次同步，之后每晚一次，直到 2025-10-05。测试会重新执行全部查询，并与独立计算的结果核对大部分。日期请换成自己的。',
      '两条通则：关联时一并使用 `corp_id`；`_eod` 结尾的数字不可跨日相加。姓名、电话在 `analytics_pii` 中（按 `userid` 或 `external_userid` 关联）。各列含义见[数据字典](data-dictionary.md)，企业微信不提供的见[无法回答的问题](cannot-answer.md)。',
    ],
  },
};

function answerText({ header, rows }: Answer, language: Language): string {
  const cells = rows.slice(0, SHOWN_ROWS).map((row) => row.map((cell) => cell ?? ''));
  const more = rows.length - cells.length;
  const rest = language === 'en' ? `… ${more} more rows` : `……另有 ${more} 行`;
  return `${textTable(header, cells)}${more > 0 ? `\n${rest}` : ''}`;
}

function contents(language: Language): string {
  const lines = SECTIONS.map(({ title, questions }) => {
    const links = questions.map((one) => `  - [${one.title[language]}](#${anchor(one.title[language])})`);
    return [`- ${title[language]}`, ...links].join('\n');
  });
  return lines.join('\n');
}

function questionText(question: Question, answer: Answer, language: Language): string {
  return [
    `### ${question.title[language]}`,
    question.note[language],
    `\`\`\`sql\n${question.sql.trim()};\n\`\`\``,
    `\`\`\`text\n${answerText(answer, language)}\n\`\`\``,
  ].join('\n\n');
}

export const questionsOf = (sections: readonly Section[]) => sections.flatMap((section) => section.questions);

/** Path under the project → text, answered by the company in the database at `url`. */
export async function cookbookPages(url: string): Promise<Readonly<Record<string, string>>> {
  const answers = await withAnalyst(url, async (ask) => {
    const found = new Map<string, Answer>();
    for (const { id, sql } of questionsOf(SECTIONS)) found.set(id, await ask(sql));
    return found;
  });
  const noRows: Answer = { header: [], rows: [] };
  const pageOf = (language: Language) => {
    const sections = SECTIONS.flatMap(({ title, questions }) => [
      `## ${title[language]}`,
      ...questions.map((one) => questionText(one, answers.get(one.id) ?? noRows, language)),
    ]);
    const { title, head } = PAGES[language];
    return generatedPage('docs/cookbook/', title, ...head, contents(language), ...sections);
  };
  return { [PAGES.en.path]: pageOf('en'), [PAGES.zh.path]: pageOf('zh') };
}
