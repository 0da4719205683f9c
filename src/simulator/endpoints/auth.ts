/** gettoken, get_api_domain_ip, agent/* (directory-and-oa 2 and 4). */
import type { Company } from '../company.ts';
import { agentOf, type VisibleRange } from '../http/access.ts';
import { ApiError } from '../http/answer.ts';
import type { Endpoint } from '../http/call.ts';
import type { Row } from '../world/odd.ts';

/** gettoken is answered before any token is checked: the server calls it apart. */
export const GETTOKEN = 'gettoken';

const getApiDomainIp: Endpoint = {
  path: 'get_api_domain_ip',
  method: 'GET',
  area: 'any',
  emptied: { ip_list: [] },
  perMinute: 10_000,
  handle: () => ({ ip_list: ['182.254.11.176', '182.254.78.66'] }),
};

const agentList: Endpoint = {
  path: 'agent/list',
  method: 'GET',
  area: 'any',
  emptied: { agentlist: [] },
  perMinute: 10_000,
  handle: (call) => ({ agentlist: [{ ...agentOf(call), square_logo_url: '' }] }),
};

/** The root department, or without it the topmost ones that can be seen. */
function rangeOf({ members, departments }: Company): VisibleRange {
  if (members.every((member) => member.visible)) return { departments: [1] };
  const seen = departments.filter((one) => one.visible && one.id !== 1);
  return {
    departments: seen.filter(({ parent }) => !seen.some((above) => above.id === parent)).map((one) => one.id),
  };
}

/** The visible range of the app; each `allow_*` is absent when it is empty. */
const agentGet: Endpoint = {
  path: 'agent/get',
  method: 'GET',
  area: 'any',
  emptied: {},
  perMinute: 10_000,
  handle(call): Row {
    const agent = agentOf(call);
    if (Number(call.query.get('agentid')) !== agent.agentid) throw new ApiError(301002);
    const { departments = [], users = [], tags = [] } = call.access.visibleRange ?? rangeOf(call.company);
    return {
      ...agent,
      square_logo_url: '',
      description: '数据仓库同步应用',
      ...(users.length > 0 && { allow_userinfos: { user: users.map((userid) => ({ userid })) } }),
      ...(departments.length > 0 && { allow_partys: { partyid: departments } }),
      ...(tags.length > 0 && { allow_tags: { tagid: tags } }),
      close: 0,
      redirect_domain: '',
      report_location_flag: 0,
      isreportenter: 0,
      home_url: '',
    };
  },
};

export const AUTH: Endpoint[] = [getApiDomainIp, agentList, agentGet];
