import type { Remedy } from './remedies.ts';
import * as remedies from './remedies.ts';

/**
 * What the client or its caller does about an error:
 * `retry` the same call after a back-off, `refresh` the token once, `wait` until the path's minute has passed,
 * `restart` the walk at its first page, `skip` this object and go on, `fail` the stream.
 */
export type Fate = 'retry' | 'refresh' | 'wait' | 'restart' | 'skip' | 'fail';

export interface Errcode {
  name: string;
  zh: string;
  fate: Fate;
  remedy: Remedy;
  /** The stream is "not permitted" rather than failed. */
  permission?: true;
  /** This credential makes no further call in this run: repetition is useless or blocks the egress IP. */
  stopsSecret?: true;
}

const entry = (fate: Fate) => (name: string, zh: string, remedy: Remedy) => ({ name, zh, fate, remedy });
const retry = entry('retry');
const refresh = entry('refresh');
const wait = entry('wait');
const restart = entry('restart');
const skip = entry('skip');
const fail = entry('fail');
const forbidden = (name: string, zh: string, remedy: Remedy) => ({
  ...fail(name, zh, remedy),
  permission: true as const,
});
const stop = (name: string, zh: string, remedy: Remedy) => ({
  ...fail(name, zh, remedy),
  stopsSecret: true as const,
});

/** The same entry for every code from `first` to `last`. */
function span(first: number, last: number, errcode: Errcode): Record<number, Errcode> {
  return Object.fromEntries(Array.from({ length: last - first + 1 }, (_, i) => [first + i, errcode]));
}

const R = remedies;

/** Every errcode of customer-contact section 17 and directory-and-oa section 10, and what becomes of it. */
export const ERRCODES: { readonly [errcode: number]: Errcode } = {
  // Ranges first: a code listed below by itself overrides its range (84061 is no dial error)
  ...span(40097, 40100, fail('inheritance not possible', '客户继承失败', R.WRITE_ONLY)),
  ...span(40128, 40131, fail('inheritance not possible', '客户继承失败', R.WRITE_ONLY)),
  ...span(610001, 610022, fail('id conversion failed', 'ID 转换失败', R.BINDING)),
  ...span(845001, 845003, fail('id conversion failed', 'ID 转换失败', R.BINDING)),
  ...span(84052, 84070, fail('dial error', '公费电话错误', R.BUG)),
  ...span(90457, 90477, fail('calendar or schedule error', '日程接口错误', R.BUG)),
  ...span(400020, 400045, fail('meeting error', '会议接口错误', R.WRITE_ONLY)),
  ...span(301080, 301083, fail('check-in write failed', '打卡写入失败', R.WRITE_ONLY)),
  ...span(301089, 301097, fail('check-in rule write failed', '打卡规则写入失败', R.WRITE_ONLY)),

  // Transport, token, permission
  [-1]: retry('system busy', '系统繁忙', R.NONE),
  6000: retry('data version conflict', '数据版本冲突', R.NONE),
  40001: stop('invalid secret', '不合法的 secret 参数', R.SECRET),
  40013: stop('invalid corp id', '不合法的 corpid', R.SECRET),
  40014: refresh('invalid access token', '不合法的 access_token', R.TOKEN),
  40091: stop('secret of another company', 'secret 不属于该企业', R.SECRET),
  41001: fail('access token missing', '缺少 access_token 参数', R.BUG),
  41002: stop('corp id missing', '缺少 corpid 参数', R.SECRET),
  41004: stop('secret missing', '缺少 secret 参数', R.SECRET),
  42001: refresh('access token expired', 'access_token 已过期', R.TOKEN),
  42009: refresh('suite access token expired', 'suite_access_token 已过期', R.TOKEN),
  43003: fail('HTTPS required', '需要 HTTPS', R.NETWORK),
  43009: forbidden('company not verified', '企业未验证主体', R.FEATURE),
  48001: forbidden('feature not authorised', 'API 功能未授权', R.FEATURE),
  48002: forbidden('endpoint forbidden for this app', 'API 接口无权限调用', R.CALLABLE),
  48003: forbidden('invalid suite id', '不合法的 suite_id', R.AUTHORISE),
  48004: forbidden('authorisation revoked', '授权关系无效', R.AUTHORISE),
  48005: fail('endpoint retired', 'API 接口已废弃', R.BUG),
  48006: forbidden('permission reclaimed, app unused', '接口权限被收回', R.AUTHORISE),
  48007: forbidden('kf account not granted to the app', '客服账号未授权给应用', R.KF),
  48008: forbidden('directory authorisation is partial', '通讯录授权仅限部分接口', R.DIRECTORY),
  48009: forbidden('contact sync may not read details', '通讯录同步不可读取详情', R.DIRECTORY),
  50001: fail('redirect domain not trusted', 'redirect_url 未登记可信域名', R.AUTHORISE),
  50002: skip('member outside permission range', '成员不在权限范围', R.SCOPE),
  50003: { ...forbidden('app disabled', '应用已禁用', R.AUTHORISE), stopsSecret: true },
  60020: stop('egress IP not trusted', '不安全的访问 IP', R.TRUSTED_IP),
  60030: skip('outside the visible scope', '不在可见范围', R.SCOPE),
  60031: forbidden('app barred from the endpoint', '应用被禁止调用该接口', R.CALLABLE),
  301002: fail('token may not operate this app', '无权限操作指定的应用', R.SECRET),
  301007: stop('company dissolved or banned', '企业不可用', R.CORP),
  301042: fail('egress IP not in the whitelist', '不在 IP 白名单', R.TRUSTED_IP),
  2000002: stop('company does not exist', 'corpid 不存在', R.SECRET),

  // Parameters and objects
  40003: skip('invalid userid', '不合法的 userid', R.SCOPE),
  40031: skip('invalid userid list', '不合法的 userid 列表', R.SCOPE),
  40032: fail('userid list too long', 'userid 列表过长', R.BUG),
  40033: fail('illegal characters', '不合法的请求字符', R.BUG),
  40035: fail('invalid parameter', '不合法的参数', R.BUG),
  40050: skip('chat does not exist', 'chatid 不存在', R.GONE),
  40056: fail('invalid agentid', '不合法的 agentid', R.BUG),
  40058: fail('parameter over its limit or malformed', '不合法的参数', R.BUG),
  40063: fail('empty parameter', '参数为空', R.BUG),
  40066: skip('invalid department list', '不合法的部门列表', R.SCOPE),
  40068: skip('invalid tag or tag group', '不合法的标签 ID', R.GONE),
  40088: fail('unknown job', 'jobid 不存在', R.BUG),
  40089: fail('job result purged', '批量任务结果已清理', R.BUG),
  40096: skip('invalid external_userid', '不合法的 external_userid', R.GONE),
  40126: fail('too many corp tags', '企业标签数量超限', R.WRITE_ONLY),
  41009: fail('userid missing', '缺少 userid 参数', R.BUG),
  41011: fail('agentid missing', '缺少 agentid 参数', R.BUG),
  41017: fail('tagid missing', '缺少 tagid 参数', R.BUG),
  41035: fail('external_userid missing', '缺少 external_userid 参数', R.BUG),
  41056: fail('wrong kind of external contact id', '外部联系人 ID 类型错误', R.BUG),
  41057: forbidden('no WeChat developer account bound', '未绑定微信开发者 ID', R.BINDING),
  41059: fail('moment_id missing', '缺少 moment_id 参数', R.BUG),
  41060: skip('invalid moment_id', '不合法的 moment_id', R.GONE),
  41061: skip("not this member's post", '不是该成员发表的朋友圈', R.GONE),
  41062: skip('post not yet published by the member', '成员尚未发表', R.LATER),
  // 41063 and 41079 last minutes, longer than a call may wait: the window's tail brings the object in the next run.
  41063: skip('mass message being dispatched', '群发消息正在派发', R.LATER),
  41067: skip('wrong kind of post for this call', '朋友圈类型不适用', R.GONE),
  41070: skip('invalid intercept rule id', '不合法的敏感词规则 ID', R.GONE),
  41071: skip('intercept rule deleted', '敏感词规则已删除', R.GONE),
  41074: skip('product album deleted', '商品图册已删除', R.GONE),
  41075: skip('product album unknown', '商品图册不存在', R.GONE),
  41079: skip('moment being dispatched', '朋友圈正在派发', R.LATER),
  41093: skip('mass message cancelled', '群发任务已取消', R.GONE),
  46003: skip('no menu published', '菜单未发布', R.GONE),
  46004: skip('user does not exist', '不存在该用户', R.SCOPE),
  49008: skip('group dismissed', '群已经解散', R.GONE),
  50100: restart('invalid paging cursor', '分页查询的游标无效', R.NONE),
  60003: skip('department does not exist', '部门不存在', R.SCOPE),
  60011: skip('no privilege on member, department or tag', '无权限访问成员、部门或标签', R.SCOPE),
  60021: skip('userid outside the visible scope', 'userid 不在可见范围', R.SCOPE),
  60111: skip('userid not found', 'userid 不存在', R.SCOPE),
  60123: skip('invalid department', '无效的部门 ID', R.SCOPE),
  60124: skip('invalid parent department', '无效的父部门 ID', R.SCOPE),
  81011: fail('tag not operable', '无权限操作标签', R.SCOPE),
  81013: skip('all given targets invalid', '成员、部门、标签全部无效', R.SCOPE),
  81017: fail('too many items', '数量超过上限', R.BUG),
  84061: skip('no external-contact relation', '不存在外部联系人的关系', R.GONE),
  84074: skip('no external-contact right', '没有外部联系人权限', R.CONTACT_RIGHT),
  84084: skip('not a follower', '不是跟进人', R.GONE),
  86001: skip('invalid chat id', '不合法的会话 ID', R.GONE),
  86003: skip('chat does not exist', '会话不存在', R.GONE),
  90500: fail('owner has not resigned', '群主并未离职', R.WRITE_ONLY),
  90501: skip('not a customer group', '该群不是客户群', R.GONE),
  90502: fail('owner has resigned', '群主已离职', R.WRITE_ONLY),
  90503: fail('group full', '群成员已满', R.WRITE_ONLY),
  90504: fail('owner unchanged', '群主未变更', R.WRITE_ONLY),
  90507: fail('group being inherited', '离职群正在继承中', R.WRITE_ONLY),
  90508: fail('group already inherited', '离职群已继承', R.WRITE_ONLY),
  90509: skip('not a WeCom customer group', '不是企业微信客户群', R.GONE),
  90511: skip('invalid opengid', '不合法的 opengid', R.GONE),
  92000: skip('member out of scope', '成员不在应用可见范围', R.SCOPE),
  92001: forbidden('no right to sensitive information', '应用没有敏感信息权限', R.AUTHORISE),
  92002: skip('object of another company', '不允许跨企业调用', R.GONE),
  600018: fail('invalid start or end time', '不合法的起止时间', R.PERIOD),
  600019: fail('invalid end time', '不合法的结束时间', R.PERIOD),
  600041: fail('invalid offset or limit', '不合法的分页参数', R.BUG),
  610003: fail('invalid scene', '不合法的场景值', R.WRITE_ONLY),
  610004: skip('not a customer of the company', '不是企业的客户', R.GONE),
  610016: forbidden('company not verified', '企业未认证', R.FEATURE),

  // Load and licence
  45009: wait('call frequency limit', '接口调用超过限制', R.FREQUENCY),
  45024: fail('seat limit of the company reached', '账号数量超过上限', R.WRITE_ONLY),
  45029: fail('answer too large', '回包大小超过上限', R.BUG),
  45033: retry('concurrency limit', '接口并发调用超过限制', R.CONCURRENCY),
  640019: wait('WeDrive quota', '微盘额度超限', R.FREQUENCY),
  640035: wait('WeDrive quota', '微盘额度超限', R.FREQUENCY),
  701008: skip('no member has a valid licence', '成员均无有效互通账号', R.LICENCE),
  701099: skip('no valid interface licence', '没有有效的接口许可', R.LICENCE),

  // WeCom customer service (kf)
  60251: fail('kf id missing', '缺少 open_kfid', R.BUG),
  60252: fail('kf id invalid', '不合法的 open_kfid', R.BUG),
  95000: skip('kf id invalid', '不合法的 open_kfid', R.GONE),
  95004: skip('kf id unknown', 'open_kfid 不存在', R.GONE),
  95007: fail('kf message token invalid or expired', '不合法的 msgtoken', R.BUG),
  95011: forbidden('kf mode does not allow it', '客服接待方式不支持', R.KF),
  95012: forbidden('kf mode does not allow it', '客服接待方式不支持', R.KF),
  95017: forbidden('kf API switched off', '微信客服 API 功能未启用', R.KF),

  // Dial, calendar, meeting
  84062: forbidden('dial app not enabled', '公费电话未启用', R.FEATURE),
  90457: skip('invalid calendar or schedule id', '不合法的日历或日程 ID', R.GONE),
  90459: skip('calendar deleted', '日历已删除', R.GONE),
  90460: skip('schedule deleted', '日程已删除', R.GONE),
  90466: skip("not this app's calendar", '日历不属于该应用', R.GONE),
  90472: forbidden('no right to the calendar', '没有日历权限', R.CALLABLE),
  90477: forbidden('only the calendar app may read it', '仅日程应用可读取', R.CALLABLE),
  90602: skip("meeting id wrong or not this app's", '会议 ID 错误或不属于该应用', R.GONE),
  400028: forbidden('meeting app switched off', '会议应用未启用', R.FEATURE),

  // Approval, vacation, check-in, journal
  301021: skip('check-in: a userid does not exist', '打卡：userid 不存在', R.SCOPE),
  301022: retry('check-in: internal failure', '打卡：系统内部错误', R.NONE),
  301023: fail('check-in: userid list empty or over 100', '打卡：userid 列表为空或超过 100', R.BUG),
  301024: fail('check-in: invalid time span', '打卡：时间范围不合法', R.BUG),
  301025: fail('approval: parameter error', '审批：参数错误', R.BUG),
  301026: skip('approval template unreadable', '审批：模板不可读取', R.GONE),
  301039: fail('request parameter error', '请求参数错误', R.BUG),
  301055: forbidden('no right to approval data', '无审批应用权限或数据拉取权限', R.APPROVAL),
  301056: forbidden('approval app switched off', '审批应用已停用', R.APPROVAL),
  301057: retry('approval: internal failure', '审批：系统内部错误', R.NONE),
  301062: forbidden('no right to vacation data', '无假期管理权限', R.APPROVAL),
  301063: fail('vacation: parameter error', '假期：参数错误', R.BUG),
  301064: retry('vacation: internal failure', '假期：系统内部错误', R.NONE),
  301073: fail('check-in write failed', '打卡写入失败', R.WRITE_ONLY),
  301084: skip('invalid journal_uuid', '不合法的 journal_uuid', R.GONE),
  301085: skip('invalid docid', '不合法的 docid', R.GONE),
  301099: fail('check-in rule write failed', '打卡规则写入失败', R.WRITE_ONLY),
};
