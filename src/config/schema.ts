/**
 * The configuration: environment first, then an optional file for what does not fit in variables. This schema is the
 * source of the loader, of the error texts and of the reference page.
 */
import { z } from 'zod';

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
  LOG_LEVEL: z
    .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'])
    .default('info')
    .describe('pino level; logs go to stderr.'),
});

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
