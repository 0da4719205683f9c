/**
 * The configuration: environment first, then an optional file for what does not fit in variables. This schema is the
 * source of the loader, of the error texts and of the reference page.
 */
import { z } from 'zod';
import { configurableColumns, personalColumns } from '../privacy/columns.ts';
import { TREATMENTS, type Treatment } from '../privacy/policy.ts';

const nonEmpty = z.string().trim().min(1);
const url = (protocols: RegExp, example: string) =>
  z.url({ protocol: protocols, error: `must be a URL such as ${example}` });

const secretVariables = {
  WECOM_SECRET: 'Secret of the self-built app, used for every area unless overridden.',
  WECOM_SECRET_CONTACT_SYNC: 'Secret of the contact-sync assistant (通讯录同步).',
  WECOM_SECRET_CUSTOMER: 'Secret for customer contact (客户联系).',
  WECOM_SECRET_APPROVAL: 'Secret for approvals (审批).',
  WECOM_SECRET_CHECKIN: 'Secret for check-ins (打卡).',
  WECOM_SECRET_DIAL: 'Secret for dial records (公费电话).',
  WECOM_SECRET_JOURNAL: 'Secret for journals (汇报).',
  WECOM_SECRET_CALENDAR: 'Secret for calendars (日程).',
  WECOM_SECRET_MEETING_ROOM: 'Secret for meeting rooms (会议室).',
  WECOM_SECRET_HR: 'Secret for HR (人事助手).',
  WECOM_SECRET_KF: 'Secret for customer service (微信客服).',
} as const;

const secretShape = Object.fromEntries(
  Object.entries(secretVariables).map(([name, text]) => [name, nonEmpty.optional().describe(text)]),
);

/** Variables that are empty count as absent, as in a copied `.env` template. */
export const environmentSchema = z.object({
  DATABASE_URL: url(/^postgres(ql)?$/, 'postgres://user:password@host:5432/database')
    .optional()
    .describe(
      'PostgreSQL 15+ connection URL. Absent: an embedded PostgreSQL in ./.wecom-warehouse/ is started and its data kept.',
    ),
  WECOM_CORP_ID: nonEmpty.optional().describe('Corp id (企业ID, ww…): 企业微信管理后台 → 我的企业 → 企业ID.'),
  ...secretShape,
  WECOM_API_BASE: url(/^https?$/, 'https://qyapi.weixin.qq.com')
    .default('https://qyapi.weixin.qq.com')
    .describe('Base URL of the API; tests point it at a simulator.'),
  WECOM_PROXY: url(/^https?$/, 'http://proxy.example:3128')
    .optional()
    .describe('HTTP(S) proxy with a fixed egress address (trusted IPs, errcode 60020).'),
  WECOM_MAX_IN_FLIGHT: z.coerce
    .number({ error: 'must be a whole number from 1 to 20' })
    .int()
    .min(1)
    .max(20)
    .default(4)
    .describe('Concurrent calls per API path and corp.'),
  WECOM_HASH_KEY: z
    .string()
    .trim()
    .min(32, 'must have at least 32 characters, such as the output of: openssl rand -hex 32')
    .optional()
    .describe(
      'Key of the columns that personalData hashes: at least 32 characters, never changed, and nowhere but here.',
    ),
  LOG_LEVEL: z
    .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'])
    .default('info')
    .describe('pino level; logs go to stderr.'),
});

const treatment = z
  .enum(TREATMENTS, { error: `must be one of ${TREATMENTS.join(', ')}` })
  .describe('Default keep; hash needs WECOM_HASH_KEY.');
const dropOnly = z
  .enum(['keep', 'drop'], { error: 'must be keep or drop: it holds no text that could be hashed' })
  .describe('Default keep; no text that could be hashed.');

const personalData = z.strictObject(
  Object.fromEntries(
    configurableColumns.map((column): [string, z.ZodType<Treatment | undefined>] => {
      const schema = personalColumns.get(column)?.dropOnly ? dropOnly : treatment;
      return [column, schema.optional()];
    }),
  ),
  {
    error: ({ code, keys }) =>
      code === 'unrecognized_keys' && Array.isArray(keys)
        ? `names what is no column with personal data that can be dropped or hashed: ${keys.join(', ')}. Those are: ${configurableColumns.join(', ')}`
        : undefined,
  },
);

const cron = nonEmpty.describe('cron expression, Asia/Shanghai');

export const fileSchema = z.strictObject({
  corps: z
    .array(
      z.strictObject({
        corpId: nonEmpty.describe('Corp id (ww…).'),
        secret: nonEmpty.optional().describe('Secret of the self-built app.'),
        secrets: z
          .record(nonEmpty, nonEmpty)
          .default({})
          .describe('Secrets by area: contact_sync, customer, approval, checkin, …'),
      }),
    )
    .default([])
    .describe(
      'Further corps; WECOM_CORP_ID is the first one. The file must have mode 600 when it holds secrets.',
    ),
  quotas: z
    .record(nonEmpty, z.number().int().min(1))
    .default({})
    .describe('Calls per minute by API path, e.g. {"oa/getapprovaldetail": 600}.'),
  personalData: personalData
    .default({})
    .describe(
      'What becomes of personal columns before anything is written, e.g. {"employees.mobile": "hash"}. See docs/personal-data.md.',
    ),
  employeeAttributes: z
    .record(
      z.string().regex(/^[a-z][a-z0-9_]{0,58}$/, 'must be a column name of lower-case letters, digits and _'),
      nonEmpty,
    )
    .default({})
    .describe(
      'Columns of analytics.dim_employee from the fields that the admin has defined, e.g. {"employee_no": "工号", "store_code": "门店编码"}. Applied by migrate and sync; a column that was once appended stays.',
    ),
  schedules: z
    .strictObject({
      default: cron.default('30 2 * * *').describe('All streams.'),
      statistics: cron
        .default('30 8 * * *')
        .describe('Daily statistics once more: the figures of the night are often not final.'),
      streams: z.record(nonEmpty, cron).default({}).describe('Further schedules by stream name.'),
    })
    .prefault({}),
});

export type Environment = z.infer<typeof environmentSchema>;
export type ConfigFile = z.infer<typeof fileSchema>;
