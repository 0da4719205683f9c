/** gettoken, get_api_domain_ip, agent/* (directory-and-oa 2 and 4). */
import { agentId } from '../http/access.ts';
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
  handle: (call) => ({ agentlist: [{ agentid: agentId(call), name: '数据同步', square_logo_url: '' }] }),
};

/** The visible range of the app; `allow_partys` without 1 when part of the company is out of it. */
const agentGet: Endpoint = {
  path: 'agent/get',
  method: 'GET',
  area: 'any',
  emptied: {},
  perMinute: 10_000,
  handle(call): Row {
    const agentid = Number(call.query.get('agentid'));
    if (agentid !== agentId(call)) throw new ApiError(301002);
    const whole = call.company.members.every((member) => member.visible);
    const departments = call.company.departments
      .filter((one) => one.parent === 1 && one.visible)
      .map((one) => one.id);
    return {
      agentid,
      name: '数据同步',
      square_logo_url: '',
      description: '数据仓库同步应用',
      allow_partys: { partyid: whole ? [1] : departments },
      close: 0,
      redirect_domain: '',
      report_location_flag: 0,
      isreportenter: 0,
      home_url: '',
    };
  },
};

export const AUTH: Endpoint[] = [getApiDomainIp, agentList, agentGet];
