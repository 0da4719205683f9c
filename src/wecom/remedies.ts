/** What the operator or the admin of the company does about an error, in both languages. */
export interface Remedy {
  en: string;
  zh: string;
}

const ADMIN = '企业微信管理后台 → ';

export const NONE: Remedy = {
  en: 'Nothing: WeCom recovers by itself; the next run goes on.',
  zh: '无需处理：企业微信会自行恢复，下次运行会继续。',
};
export const SECRET: Remedy = {
  en: `Compare corp id and secret with ${ADMIN}我的企业 → 企业信息 → 企业ID and ${ADMIN}应用管理 → 自建 → the app → Secret, then run check. Do not repeat it unchanged: wrong secrets block the egress IP for an hour.`,
  zh: `核对企业ID（${ADMIN}我的企业 → 企业信息 → 企业ID）和 Secret（${ADMIN}应用管理 → 自建 → 应用 → Secret），再运行 check。请勿反复重试：错误的 Secret 会使出口 IP 被封一小时。`,
};
export const TOKEN: Remedy = {
  en: 'If it stays after the automatic refresh, the secret belongs to an app that may not use this endpoint: run check.',
  zh: '若自动刷新后仍出现，说明该 Secret 所属应用无权使用此接口：请运行 check。',
};
export const TRUSTED_IP: Remedy = {
  en: `Add the egress IP to ${ADMIN}应用管理 → 自建 → the app → 企业可信IP (acts after about a minute), or set WECOM_PROXY to a proxy with a fixed address.`,
  zh: `将出口 IP 加入 ${ADMIN}应用管理 → 自建 → 应用 → 企业可信IP（约一分钟后生效），或将 WECOM_PROXY 设为有固定地址的代理。`,
};
export const CALLABLE: Remedy = {
  en: `Add the app under 可调用接口的应用 of the product (${ADMIN}the product → API), and check that the secret is the app's.`,
  zh: `在对应产品的「可调用接口的应用」中添加该应用（${ADMIN}产品 → API），并确认 Secret 属于该应用。`,
};
export const FEATURE: Remedy = {
  en: `Let an admin switch the feature on or verify the company: ${ADMIN}我的企业 → 企业信息.`,
  zh: `请管理员开通该功能或完成企业认证：${ADMIN}我的企业 → 企业信息。`,
};
export const AUTHORISE: Remedy = {
  en: `Let an admin enable or authorise the app again: ${ADMIN}应用管理 → 自建 → the app.`,
  zh: `请管理员重新启用或授权该应用：${ADMIN}应用管理 → 自建 → 应用。`,
};
export const CORP: Remedy = {
  en: 'The company is dissolved or banned: ask WeCom support.',
  zh: '企业已解散或被封禁：请联系企业微信客服。',
};
export const SCOPE: Remedy = {
  en: `Nothing if the member, department or group has left; else extend ${ADMIN}应用管理 → 自建 → the app → 可见范围.`,
  zh: `若成员、部门或客户群已不存在则无需处理；否则请扩大 ${ADMIN}应用管理 → 自建 → 应用 → 可见范围。`,
};
export const CONTACT_RIGHT: Remedy = {
  en: `Give the member the right in ${ADMIN}客户与上下游 → 客户联系 → 权限配置 → 使用范围, if its customers are wanted.`,
  zh: `如需该成员的客户数据，请在 ${ADMIN}客户与上下游 → 客户联系 → 权限配置 → 使用范围 中添加该成员。`,
};
export const GONE: Remedy = {
  en: 'Nothing: the object is deleted or was never visible, and is skipped.',
  zh: '无需处理：对象已删除或不可见，已跳过。',
};
export const LATER: Remedy = {
  en: 'Nothing: WeCom is still preparing it, and the next run reads it.',
  zh: '无需处理：企业微信仍在处理，下次运行会读取。',
};
export const FREQUENCY: Remedy = {
  en: 'Stop other programs that use this company on the same endpoint, lower the quota in the configuration, or unblock at https://open.work.weixin.qq.com/wwopen/devtool/checkCorpSpamBlock.',
  zh: '停止其他占用同一接口的程序，或在配置中调低配额，也可在 https://open.work.weixin.qq.com/wwopen/devtool/checkCorpSpamBlock 自助解封。',
};
export const BLOCKED_ADDRESS: Remedy = {
  en: 'WeCom gives this address no token for up to an hour, as after many wrong secrets: correct the secrets wherever this address uses them, wait an hour without asking, then run check again.',
  zh: '企业微信在一小时内不再向该出口 IP 发放 access_token（多次使用错误的 Secret 会导致）：请更正该 IP 上所有程序的 Secret，一小时内不要再请求，之后重新运行 check。',
};
export const CONCURRENCY: Remedy = {
  en: 'Lower WECOM_MAX_IN_FLIGHT, or stop other programs that use this company on the same endpoint.',
  zh: '调低 WECOM_MAX_IN_FLIGHT，或停止其他占用同一接口的程序。',
};
export const LICENCE: Remedy = {
  en: `Buy or activate the interface licence (互通账号) of the members: ${ADMIN}应用管理 → the app → 接口调用许可.`,
  zh: `请为成员购买或激活互通账号：${ADMIN}应用管理 → 应用 → 接口调用许可。`,
};
export const BUG: Remedy = {
  en: 'A defect of this program: report it with the endpoint and the hint number.',
  zh: '本程序的缺陷：请附上接口名和 hint 编号反馈。',
};
export const PERIOD: Remedy = {
  en: 'Choose a period that WeCom still keeps (statistics: 180 days), or report it with the hint number.',
  zh: '请选择企业微信仍保留的时间范围（统计数据为 180 天），或附上 hint 编号反馈。',
};
export const WRITE_ONLY: Remedy = {
  en: 'Belongs to calls that change data, which this program never makes: report it with the hint number.',
  zh: '仅属于写接口，本程序从不调用：请附上 hint 编号反馈。',
};
export const APPROVAL: Remedy = {
  en: `Switch 审批 on, add the app under ${ADMIN}应用管理 → 审批 → API → 可调用接口的应用, and grant 审批数据权限 there.`,
  zh: `请启用审批，在 ${ADMIN}应用管理 → 审批 → API → 可调用接口的应用 中添加该应用，并授予审批数据权限。`,
};
export const DIRECTORY: Remedy = {
  en: `Set WECOM_SECRET of a self-built app: ${ADMIN}应用管理 → 自建 → the app → Secret; 通讯录同步 reads ids only since 2022-08-15.`,
  zh: `请设置自建应用的 WECOM_SECRET：${ADMIN}应用管理 → 自建 → 应用 → Secret；自 2022-08-15 起通讯录同步只能读取 ID。`,
};
export const KF: Remedy = {
  en: `Hand the account to the app: ${ADMIN}应用管理 → 微信客服 → API → 可调用接口的应用.`,
  zh: `请将客服账号授权给该应用：${ADMIN}应用管理 → 微信客服 → API → 可调用接口的应用。`,
};
export const BINDING: Remedy = {
  en: `Bind the WeChat developer account, mini program or public account: ${ADMIN}客户与上下游 → 客户联系 → API.`,
  zh: `请绑定微信开发者ID、小程序或公众号：${ADMIN}客户与上下游 → 客户联系 → API。`,
};
export const UNKNOWN: Remedy = {
  en: 'This errcode is not in the table: look it up at https://open.work.weixin.qq.com/devtool/query, and report it with the hint number.',
  zh: '错误码表中没有此代码：请在 https://open.work.weixin.qq.com/devtool/query 查询，并附上 hint 编号反馈。',
};
export const NETWORK: Remedy = {
  en: 'Check the network, WECOM_API_BASE and WECOM_PROXY; a gateway fault passes by itself and the next run goes on.',
  zh: '请检查网络、WECOM_API_BASE 和 WECOM_PROXY；网关故障会自行恢复，下次运行会继续。',
};

/** A certificate that Node does not trust: nothing was sent. */
export const CERTIFICATE: Remedy = {
  en: 'Somebody stands between this machine and WeCom. If it is the proxy of the company, set NODE_EXTRA_CA_CERTS to the file with its CA certificate (PEM) in the environment (not in .env) and start again; else check WECOM_API_BASE, WECOM_PROXY and the clock of this machine.',
  zh: '本机与企业微信之间的 TLS 证书不受信任。若由公司代理替换，请在环境变量（不是 .env）中将 NODE_EXTRA_CA_CERTS 设为其 CA 证书文件（PEM）后重新启动；否则请检查 WECOM_API_BASE、WECOM_PROXY 和本机时间。',
};

/** Where the admin adds a callable app, by the beginning of the path; the first match counts. */
const CALLABLE_PAGES: readonly (readonly [path: string, page: string])[] = [
  ['externalcontact/', '客户与上下游 → 客户联系 → 客户 → API → 可调用接口的应用'],
  ['kf/', '应用管理 → 微信客服 → API → 可调用接口的应用'],
  ['checkin/', '应用管理 → 打卡 → API → 可调用接口的应用'],
  ['hardware/', '应用管理 → 打卡 → API → 可调用接口的应用'],
  ['dial/', '应用管理 → 公费电话 → API → 可调用接口的应用'],
  ['oa/journal/', '应用管理 → 汇报 → API → 可调用接口的应用'],
  ['oa/calendar/', '应用管理 → 日程 → API → 可调用接口的应用'],
  ['oa/schedule/', '应用管理 → 日程 → API → 可调用接口的应用'],
  ['oa/meetingroom/', '应用管理 → 会议室 → API → 可调用接口的应用'],
  ['oa/', '应用管理 → 审批 → API → 可调用接口的应用'],
  ['corp/', '应用管理 → 审批 → API → 可调用接口的应用'],
  ['hr/', '应用管理 → 人事助手 → API → 可调用接口的应用'],
];

/** The secret of a system app where a self-built one is needed. */
export function retiredRemedy(path: string): Remedy {
  const page = pageOf(path);
  return {
    en: `Use a self-built app: ${ADMIN}应用管理 → 自建 → 创建应用, with the root department in 可见范围 and this address in 企业可信IP. Add it under ${page ? `${ADMIN}${page}` : '可调用接口的应用 of the product'}, and put its Secret in place of the system app's. System apps' secrets work only in companies that used them before 2023-12-01.`,
    zh: `请改用自建应用：${ADMIN}应用管理 → 自建 → 创建应用，可见范围选择根部门，并配置企业可信IP；再到 ${page ? `${ADMIN}${page}` : '对应产品的「可调用接口的应用」'} 中添加该应用，用它的 Secret 替换系统应用的 Secret。系统应用的 Secret 仅限 2023-12-01 前已使用的企业。`,
  };
}

/** An app that does not see the whole company. */
export function rangeRemedy(app: { readonly name: string; readonly product: string | null }): Remedy {
  const page = app.product === null ? `应用管理 → 自建 → ${app.name}` : `应用管理 → ${app.product}`;
  return {
    en: `Nothing if this is meant. Else let an admin tick the root department: ${ADMIN}${page} → 可见范围. What lies outside is missing, and looks as if it did not exist.`,
    zh: `若有意如此则无需处理；否则请管理员在 ${ADMIN}${page} → 可见范围 中勾选根部门。可见范围之外的数据不会被读取，看上去就像不存在。`,
  };
}

/** Nothing is shown of what another stream is asked with. */
export const SHOWS_NONE: Remedy = {
  en: `Nothing if WeCom has none. Else extend ${ADMIN}应用管理 → 自建 → the app → 可见范围; for customer contact also ${ADMIN}客户与上下游 → 客户联系 → 权限配置 → 使用范围.`,
  zh: `若企业微信中确实没有则无需处理；否则请扩大 ${ADMIN}应用管理 → 自建 → 应用 → 可见范围；客户联系还需检查 ${ADMIN}客户与上下游 → 客户联系 → 权限配置 → 使用范围。`,
};

function pageOf(path: string): string | undefined {
  return CALLABLE_PAGES.find(([start]) => path.startsWith(start))?.[1];
}

/** The remedy of 48002 with the page of the product that the path belongs to. */
export function callableRemedy(path: string): Remedy {
  const page = pageOf(path);
  if (page === undefined)
    return path.startsWith('user/') || path.startsWith('department/') ? DIRECTORY : CALLABLE;
  return {
    en: `Add the app under ${ADMIN}${page}, and check that the secret is the app's.`,
    zh: `请在 ${ADMIN}${page} 中添加该应用，并确认 Secret 属于该应用。`,
  };
}
