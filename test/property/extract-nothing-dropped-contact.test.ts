import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { corpTagsStream } from '../../extractors/corp_tags.ts';
import { customersStream } from '../../extractors/customers.ts';
import { employeesStream } from '../../extractors/employees.ts';
import { followUsersStream } from '../../extractors/follow_users.ts';
import { groupChatOwnerDailyStream } from '../../extractors/group_chat_owner_daily.ts';
import { groupChatsStream } from '../../extractors/group_chats.ts';
import { unassignedCustomersStream } from '../../extractors/unassigned_customers.ts';
import { userBehaviorDailyStream } from '../../extractors/user_behavior_daily.ts';
import { RecordRejected, type Rows, type Stream } from '../../src/engine/stream.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../src/wecom/json.ts';

/** A record of each stream with every key of the reference; the texts of its own are not marks. */
const TEMPLATES: readonly [Stream, JsonObject][] = [
  [
    employeesStream,
    {
      userid: 'u',
      name: 'n',
      department: [2, 17],
      order: [0, 10],
      is_leader_in_dept: [1, 0],
      isleader: 0,
      gender: '1',
      status: 1,
      main_department: 2,
      direct_leader: ['boss'],
      mobile: '1',
      avatar: 'url',
      extattr: {
        attrs: [
          { type: 0, name: '工号', text: { value: 'A' } },
          { type: 1, name: '主页', web: { url: 'url', title: 't' } },
          { name: '旧', value: 'v' },
        ],
      },
      external_profile: {
        external_corp_name: 'c',
        external_attr: [{ type: 0, name: 'n', text: { value: 'v' } }],
      },
      open_userid: 'o',
      hide_mobile: 0,
      enable: 1,
    },
  ],
  [followUsersStream, { userid: 'u' }],
  [
    corpTagsStream,
    {
      group_id: 'g',
      group_name: 'n',
      create_time: 1640966400,
      order: 4294967295,
      tag: [{ id: 't1', name: 'n', create_time: 1640966400, order: 2 }],
    },
  ],
  [unassignedCustomersStream, { handover_userid: 'u', external_userid: 'w', dimission_time: 1766000000 }],
  [
    customersStream,
    {
      external_contact: {
        external_userid: 'w',
        name: 'n',
        type: 2,
        gender: 1,
        avatar: 'url',
        unionid: 'o',
        position: 'p',
        corp_name: 'c',
        corpname: null,
        corp_full_name: 'c',
        external_profile: { external_attr: [] },
        is_subscribe: 1,
        subscriber_info: { remark: 'r' },
      },
      follow_info: {
        userid: 'u',
        remark: 'r',
        description: '',
        createtime: 1762830421,
        tag_id: ['et1', 'et2'],
        tags: [{ group_name: 'g', tag_name: 't', tag_id: 'et3', type: 1 }],
        remark_corp_name: 'c',
        remark_company: null,
        remark_mobiles: ['1'],
        oper_userid: 'w',
        add_way: 10,
        state: 's',
        wechat_channels: { nickname: 'n', source: 1 },
      },
    },
  ],
  [
    groupChatsStream,
    {
      chat_id: 'wr',
      name: 'n',
      owner: 'u',
      create_time: 1762900000,
      notice: 'n',
      member_list: [
        { userid: 'u', type: 1, join_time: 1762900000, join_scene: 1, invitor: { userid: 'v' }, name: 'n' },
        { userid: 'w', type: 2, unionid: 'o', state: 's', group_nickname: 'g' },
      ],
      admin_list: [{ userid: 'v' }],
      member_version: 'x',
      'groupchat/list': { status: 0 },
    },
  ],
  [
    userBehaviorDailyStream,
    {
      userid: 'u',
      stat_time: 1767196800,
      chat_cnt: 41,
      message_cnt: 233,
      reply_percentage: 87.5,
      avg_reply_time: 3,
    },
  ],
  [
    groupChatOwnerDailyStream,
    { owner: 'u', stat_date: '2026-01-01', data: { new_chat_cnt: 1, chat_total: 12, msg_total: 152 } },
  ],
];

/** Changes values here and there, adds an unknown key to objects and odd items to lists, and marks all it puts in. */
class Scrambler {
  readonly marks: string[] = [];
  readonly #g: fc.GeneratorValue;

  constructor(g: fc.GeneratorValue) {
    this.#g = g;
  }

  object(template: JsonObject): JsonObject {
    const entries = Object.entries(template).map(([key, value]): [string, JsonValue] => [
      key,
      this.value(value),
    ]);
    // The same name at every level: none may take the place of another.
    if (this.#often()) entries.push(['unknown', this.odd()]);
    return Object.fromEntries(entries);
  }

  value(value: JsonValue): JsonValue {
    if (this.#seldom()) return this.odd();
    if (Array.isArray(value)) {
      const items = value.map((item) => this.value(item));
      return this.#seldom() ? [...items, this.odd()] : items;
    }
    return isJsonObject(value) ? this.object(value) : value;
  }

  odd(): JsonValue {
    const mark = `mark${this.marks.length}end`;
    const kind = this.#g(() => fc.constantFrom('text', 'list', 'object', 'nested', 'null', 'blank', 'empty'));
    if (kind === 'null') return null;
    if (kind === 'blank') return '';
    if (kind === 'empty') return [];
    this.marks.push(mark);
    if (kind === 'text') return mark;
    if (kind === 'list') return [mark];
    return kind === 'object' ? { userid: mark, x: 1 } : { unknown: [{ unknown: mark }] };
  }

  #seldom = () => this.#g(() => fc.nat({ max: 9 })) === 9;
  #often = () => this.#g(fc.boolean);
}

function rowsOf(stream: Stream, record: JsonObject): Rows | undefined {
  try {
    return stream.normalise(record, { spelling: (userid) => userid });
  } catch (error) {
    if (error instanceof RecordRejected) return undefined;
    throw error;
  }
}

describe('nothing that a record says is dropped', () => {
  it.each(
    TEMPLATES.map(([stream, template]) => [stream.name, stream, template] as const),
  )('%s', (_name, stream, template) => {
    fc.assert(
      fc.property(fc.gen(), (g) => {
        const scrambler = new Scrambler(g);
        const record = scrambler.object(template);
        const rows = rowsOf(stream, record);
        // Rejected records are kept whole.
        if (rows === undefined) return;
        const text = JSON.stringify(rows);
        const dropped = scrambler.marks.filter((mark) => !text.includes(mark));
        expect(dropped, JSON.stringify(record)).toEqual([]);
      }),
      // Shrinking a record of so many choices fills the memory; the message shows the record.
      { numRuns: 400, endOnFailure: true },
    );
  });

  it.each(
    TEMPLATES.map(([stream, template]) => [stream.name, stream, template] as const),
  )('%s: every key that has a column is converted, so nothing is left over', (_name, stream, template) => {
    for (const row of Object.values(rowsOf(stream, template) ?? {}).flat()) {
      const left = typeof row?.extra === 'string' ? JSON.parse(row.extra) : {};
      // Personal keys of `tags` have no column: names come from corp_tags.
      expect(Object.keys(left).filter((key) => key !== 'tags')).toEqual([]);
    }
  });
});
