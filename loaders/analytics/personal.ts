/**
 * Columns that name, reach or locate a person, or hold free text about one. They are in `analytics_pii` only; so is all
 * json, whose content no declaration knows.
 */
const PERSONAL: Readonly<Record<string, readonly string[]>> = {
  employees: [
    'name',
    'alias',
    'english_name',
    'email',
    'biz_mail',
    'mobile',
    'telephone',
    'address',
    'open_userid',
    'avatar',
    'thumb_avatar',
    'qr_code',
  ],
  employee_attributes: ['value', 'title'],
  customers: ['name', 'unionid', 'avatar', 'foreign_key'],
  customer_follows: ['remark', 'description', 'remark_mobiles'],
  group_chat_members: ['name', 'group_nickname', 'unionid'],
  approval_step_approvers: ['speech'],
  approval_comments: ['content'],
  approval_fields: ['value_text'],
  checkins: ['location_detail', 'latitude', 'longitude', 'wifi_mac', 'device_id', 'notes'],
};

export function isPersonal(table: string, column: string, type: string): boolean {
  return type === 'json' || type === 'jsonb' || (PERSONAL[table]?.includes(column) ?? false);
}
