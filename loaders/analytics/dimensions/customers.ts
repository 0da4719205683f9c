import { coded, worded } from '../codes.ts';
import { everSeen, firstSeen, storedLifetime } from '../ever-seen.ts';
import { changedSince, type Stored } from '../store/stored.ts';
import { CORP_ID, moment, type View, view } from '../view.ts';

const KEY = ['external_userid'];
const EXTERNAL_USERID =
  '外部联系人 ID | External userid\nwm 开头为微信用户，wo 开头为其他企业的企业微信用户。';

/** One figure about all relations that a customer ever had. */
const overFollows = (expression: string): string =>
  `(SELECT ${expression} FROM analytics.customer_follows_versions f WHERE f.corp_id = c.corp_id AND f.external_userid = c.external_userid)`;

const customers = view('dim_customer', {
  comment: '客户维度 | Customers\n见过的每名客户一行，含已流失的；昵称、unionid 见 analytics_pii.customer。',
  columns: {
    corp_id: ['s.corp_id', CORP_ID],
    external_userid: ['s.external_userid', EXTERNAL_USERID],
    ...coded(
      'customer_type',
      'customer_type',
      's.customer_type_code',
      '客户类型',
      'Customer type',
      'NULL：未返回。',
    ),
    ...coded('gender', 'gender', 's.gender_code', '性别', 'Gender', 'NULL：无权查看。'),
    company_name: [
      's.company_name',
      '客户企业 | Company of the customer\n仅企业微信用户：企业全称，没有时为简称。NULL：微信用户。',
    ],
    position: ['s.position', '客户职务 | Position\n仅企业微信用户。NULL：未对外显示。'],
    ...moment(
      'first_followed',
      's.first_followed_at',
      '首次添加',
      'First followed',
      '所有已知跟进关系中最早的添加时间，含已结束的关系。NULL：未返回。',
    ),
    ...moment(
      'last_followed',
      's.last_followed_at',
      '最近添加',
      'Last followed',
      '所有已知跟进关系中最近的添加时间，含已结束的关系。NULL：未返回。',
    ),
    follower_count: ['s.follower_count', '跟进成员数 | Followers\n目前跟进该客户的成员数。0：没有。'],
    tag_ids: ['s.tag_ids', '标签 ID | Tag ids\n目前任一成员打的标签，去重。{}：没有。'],
    tag_names: [
      `ARRAY(SELECT DISTINCT coalesce(n.tag_name, t.tag_id) FROM unnest(s.tag_ids) t(tag_id)
    LEFT JOIN analytics.dim_tag n ON n.corp_id = s.corp_id AND n.tag_id = t.tag_id ORDER BY 1)`,
      '标签名称 | Tag names\n目前任一成员打的标签，去重；标签库中没有的（规则组标签）为其 ID。{}：没有。',
    ],
    ...storedLifetime('s'),
    ...worded(
      'end_reason',
      'end_reason',
      's.end_reason',
      '结束原因',
      'End reason',
      '最后一段跟进关系结束的原因。NULL：仍有成员跟进。',
    ),
  },
  from: 'FROM analytics_store.dim_customer s',
});

/** All of it follows from the versions of the customer, of its relations and of their tags. */
export const dimCustomer: Stored = {
  view: customers,
  key: KEY,
  source: {
    columns: {
      corp_id: 'c.corp_id',
      external_userid: 'c.external_userid',
      first_followed_at: overFollows('min(f.followed_at)'),
      last_followed_at: overFollows('max(f.followed_at)'),
      first_seen_at: firstSeen('customers', KEY, 'c'),
      ended_at: 'c.ended_at',
      customer_type_code: 'c.type',
      gender_code: 'c.gender',
      follower_count: `(SELECT count(*) FROM wecom.customer_follows f WHERE f.corp_id = c.corp_id AND f.external_userid = c.external_userid)::int`,
      company_name: 'coalesce(c.corp_full_name, c.corp_name)',
      position: 'c.position',
      end_reason: 'c.end_reason',
      tag_ids: `ARRAY(SELECT DISTINCT t.tag_id FROM wecom.customer_follow_tags t
    WHERE t.corp_id = c.corp_id AND t.external_userid = c.external_userid ORDER BY 1)`,
    },
    from: `FROM ${everSeen('customers', KEY, ['type', 'gender', 'position', 'corp_name', 'corp_full_name'])} c`,
  },
  scope: {
    column: 'external_userid',
    type: 'text',
    chunk: 100_000,
    changed: ['customers', 'customer_follows', 'customer_follow_tags']
      .map((table) => changedSince(table, 'external_userid'))
      .join('\n  UNION '),
  },
};

export const customer: View = {
  schema: 'analytics_pii',
  name: 'customer',
  comment:
    '客户个人信息 | Customers, personal data\n见过的每名客户一行，最后所见；与 analytics.dim_customer 以 corp_id、external_userid 关联。',
  columns: {
    corp_id: ['c.corp_id', CORP_ID],
    external_userid: ['c.external_userid', EXTERNAL_USERID],
    customer_name: [
      'c.name',
      '客户名称 | Customer name\n微信昵称，或企业微信用户对外显示的名称。NULL：为空。',
    ],
    unionid: ['c.unionid', '微信 unionid | WeChat unionid\nNULL：企业未绑定微信开发者 ID，或不是微信用户。'],
    is_current: ['c.ended_at IS NULL', '是否仍存在 | Is current\n目前有成员跟进。'],
  },
  from: `FROM ${everSeen('customers', KEY, ['name', 'unionid'])} c`,
};
