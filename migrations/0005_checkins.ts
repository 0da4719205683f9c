import type { Kysely } from 'kysely';
import { createVersionedTable, dropVersionedTable } from './support.ts';

/** Punches (checkin/getcheckindata). */

const PUNCH = 'checkin/getcheckindata checkindata[]';

export async function up(db: Kysely<any>): Promise<void> {
  await createVersionedTable(db, {
    name: 'checkins',
    comment: `打卡记录 | Check-ins\n每次打卡一行，只含已结束的日期（到昨天）；缺卡也以“未打卡”行出现。补卡或修改后不再返回的行移入历史，原因为 corrected。\n来源：${PUNCH}。`,
    key: {
      userid: [
        'text',
        `成员 | Member\n打卡成员的 userid，关联 employees.userid；离职成员的记录保留。\n来源：${PUNCH}.userid。`,
      ],
      checkin_date: [
        'date',
        `打卡日期 | Check-in date\ncheckin_at 在北京时间的日期。\n来源：${PUNCH}.checkin_time。`,
      ],
      punch_hash: [
        'bigint',
        '打卡标识 | Punch hash\n企业微信不提供记录 id；由打卡类型、打卡时间、应打卡时间、规则、班次、时段计算的 64 位哈希（缺失按 0 计），仅用于区分同一天的多次打卡。',
      ],
    },
    columns: {
      checkin_type: [
        'text',
        `打卡类型 | Check-in type\n中文文本：上班打卡、下班打卡、外出打卡、仅记录打卡时间和位置等。\n来源：${PUNCH}.checkin_type。NULL：未返回。`,
      ],
      checkin_at: [
        'timestamptz',
        `打卡时间 | Checked in at\n实际打卡时间；“未打卡”行为应打卡时间。\n来源：${PUNCH}.checkin_time（Unix 秒）。不为 NULL。`,
      ],
      sch_checkin_at: [
        'timestamptz',
        `应打卡时间 | Scheduled at\n规则或班次要求的打卡时间，只对固定上下班和按班次有意义。\n来源：${PUNCH}.sch_checkin_time（Unix 秒）。NULL：未返回或为 0。`,
      ],
      exception_type: [
        'text',
        `异常类型 | Exception\n时间异常、地点异常、未打卡、wifi异常、非常用设备；多个以分号（; 或 ；）连接。\n来源：${PUNCH}.exception_type。NULL：正常。`,
      ],
      group_id: [
        'bigint',
        `规则 ID | Rule id\n打卡规则的 id；0：没有规则。\n来源：${PUNCH}.groupid。NULL：未返回。`,
      ],
      group_name: ['text', `规则名称 | Rule name\n来源：${PUNCH}.groupname。NULL：没有规则。`],
      schedule_id: [
        'bigint',
        `班次 ID | Shift id\n0：规则没有班次。\n来源：${PUNCH}.schedule_id。NULL：未返回。`,
      ],
      timeline_id: [
        'bigint',
        `时段 ID | Shift segment id\n班次中时段的 id；0：规则没有班次。\n来源：${PUNCH}.timeline_id。NULL：未返回。`,
      ],
      location_title: ['text', `地点名称 | Location title\n来源：${PUNCH}.location_title。NULL：没有位置。`],
      location_detail: [
        'text',
        `地点详情 | Location detail\n详细地址。\n来源：${PUNCH}.location_detail。NULL：没有位置。`,
      ],
      latitude: [
        'numeric',
        `纬度 | Latitude\n单位：度，GCJ-02（火星坐标）。\n来源：${PUNCH}.lat（度 × 1,000,000）。NULL：没有位置（经纬度均为 0 或未返回）。`,
      ],
      longitude: [
        'numeric',
        `经度 | Longitude\n单位：度，GCJ-02（火星坐标）。\n来源：${PUNCH}.lng（度 × 1,000,000）。NULL：没有位置（经纬度均为 0 或未返回）。`,
      ],
      wifi_name: ['text', `Wi-Fi 名称 | Wi-Fi name\n来源：${PUNCH}.wifiname。NULL：不是 Wi-Fi 打卡。`],
      wifi_mac: ['text', `Wi-Fi 地址 | Wi-Fi MAC address\n来源：${PUNCH}.wifimac。NULL：不是 Wi-Fi 打卡。`],
      notes: ['text', `备注 | Notes\n成员打卡时填写的备注。\n来源：${PUNCH}.notes。NULL：没有备注。`],
      media_ids: [
        'text[]',
        `打卡附件 | Media ids\n打卡照片的 id，请尽早下载；空列表：没有附件。\n来源：${PUNCH}.mediaids[]。`,
      ],
      device_id: ['text', `设备 ID | Device id\n打卡设备的标识。\n来源：${PUNCH}.deviceid。NULL：未返回。`],
    },
    extra: true,
    indexes: [['checkin_date']],
  });
}

export async function down(db: Kysely<any>): Promise<void> {
  await dropVersionedTable(db, 'checkins');
}
