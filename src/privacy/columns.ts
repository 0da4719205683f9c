/**
 * What is personal in the warehouse, declared once: columns that name, reach or locate a person, or hold free text about
 * one. From it follow which columns the configuration may drop or hash, what the schema `analytics` leaves to
 * `analytics_pii`, and by which values `forget` knows a person. Keys (userid, external_userid) are no such columns: without
 * them no two tables can be joined.
 */

export interface PersonalColumn {
  /**
   * Where a record holds the value, `[]` after each list: `member_list[].name`. Empty: it is put together from many places,
   * and no policy can name it.
   */
  readonly paths: readonly string[];
  /**
   * What it is of the person, when `forget` looks for it elsewhere: a `contact` belongs to nobody else, a `name` may be
   * another person's too.
   */
  readonly part?: 'contact' | 'name';
  /** No text, so it can be dropped but not hashed. */
  readonly dropOnly?: true;
}

type Columns = Readonly<Record<string, PersonalColumn>>;

const at = (...paths: string[]): PersonalColumn => ({ paths });
const name = (...paths: string[]): PersonalColumn => ({ paths, part: 'name' });
const contact = (...paths: string[]): PersonalColumn => ({ paths, part: 'contact' });
const dropOnly = (...paths: string[]): PersonalColumn => ({ paths, dropOnly: true });

export const PERSONAL_COLUMNS: Readonly<Record<string, Columns>> = {
  employees: {
    name: name('name'),
    alias: name('alias'),
    english_name: name('english_name'),
    email: contact('email'),
    biz_mail: contact('biz_mail'),
    mobile: contact('mobile'),
    // A landline is often the office's, and stands in the rows of colleagues as well.
    telephone: name('telephone'),
    address: at('address'),
    open_userid: contact('open_userid'),
    external_profile: dropOnly('external_profile'),
    avatar: at('avatar'),
    thumb_avatar: at('thumb_avatar'),
    qr_code: at('qr_code'),
  },
  employee_attributes: {
    value: at('extattr.attrs[].value', 'extattr.attrs[].text.value', 'extattr.attrs[].web.url'),
    title: at('extattr.attrs[].web.title'),
  },
  customers: {
    name: name('external_contact.name'),
    unionid: contact('external_contact.unionid'),
    avatar: at('external_contact.avatar'),
    foreign_key: at('external_contact.foreign_key'),
    external_profile: dropOnly('external_contact.external_profile'),
    subscriber_info: dropOnly('external_contact.subscriber_info'),
  },
  customer_follows: {
    remark: name('follow_info.remark'),
    description: at('follow_info.description'),
    remark_mobiles: contact('follow_info.remark_mobiles'),
  },
  group_chat_members: {
    name: name('member_list[].name'),
    group_nickname: name('member_list[].group_nickname'),
    unionid: contact('member_list[].unionid'),
  },
  approval_step_approvers: {
    speech: at('sp_record[].details[].speech', 'process_list.node_list[].sub_node_list[].speech'),
  },
  approval_comments: { content: at('comments[].commentcontent') },
  // Together they are the value of a form's field, numbers and times included.
  approval_fields: { value_text: at(), value: dropOnly('apply_data.contents[].value') },
  checkins: {
    location_detail: at('location_detail'),
    latitude: dropOnly('lat'),
    longitude: dropOnly('lng'),
    wifi_mac: at('wifimac'),
    device_id: at('deviceid'),
    notes: at('notes'),
  },
};

/** Every personal column as `table.column`. */
export const personalColumns: ReadonlyMap<string, PersonalColumn> = new Map(
  Object.entries(PERSONAL_COLUMNS).flatMap(([table, columns]) =>
    Object.entries(columns).map(([column, declared]) => [`${table}.${column}`, declared] as const),
  ),
);

/** Those that a policy may name. */
export const configurableColumns: readonly string[] = [...personalColumns]
  .filter(([, { paths }]) => paths.length > 0)
  .map(([column]) => column);

/** The column that says whose the names and contacts of a table are. */
export const PERSON_OF: Readonly<Record<string, string>> = {
  employees: 'userid',
  customers: 'external_userid',
  customer_follows: 'external_userid',
  group_chat_members: 'member_id',
};

/** The naming convention of the warehouse: a column called so, or ending so, holds ids of members or customers. */
export const PERSON_ID_COLUMN = /(^|_)userids?$|^member_id$/;
