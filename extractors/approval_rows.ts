import { type NormaliseContext, RecordRejected, type Rows } from '../src/engine/stream.ts';
import { type Row, table } from '../src/engine/table.ts';
import type { JsonObject } from '../src/wecom/json.ts';
import { fieldRows } from './approval_fields.ts';
import { Fields, idOf, objectsOf } from './fields.ts';

/** Key under which `read` tells `normalise` which number it asked for. */
export const ASKED_SP_NO = '_asked_sp_no';

const approvals = table('approvals', {
  key: { sp_no: 'text' },
  columns: {
    sp_name: 'text',
    sp_status: 'integer',
    template_id: 'text',
    applied_at: 'timestamptz',
    applicant_userid: 'text',
    applicant_department_id: 'bigint',
    batch_applicant_userids: 'text[]',
  },
  userids: { applicant_userid: {}, batch_applicant_userids: {} },
  extra: true,
  payload: true,
});

const approvalSteps = table('approval_steps', {
  key: { sp_no: 'text', source: 'text', node_index: 'integer' },
  columns: { node_type: 'integer', sp_status: 'integer', approverattr: 'integer', apv_rel: 'integer' },
  parent: 'approvals',
});

const approvalStepApprovers = table('approval_step_approvers', {
  key: { sp_no: 'text', source: 'text', node_index: 'integer', detail_index: 'integer' },
  columns: {
    userid: 'text',
    speech: 'text',
    status: 'integer',
    acted_at: 'timestamptz',
    media_ids: 'text[]',
  },
  parent: 'approvals',
  userids: { userid: {} },
});

const approvalFields = table('approval_fields', {
  key: { sp_no: 'text', field_id: 'text', row_no: 'integer' },
  columns: {
    table_id: 'text',
    position: 'integer',
    control: 'text',
    title: 'text',
    value_text: 'text',
    value_number: 'numeric',
    value_at: 'timestamptz',
    value_end_at: 'timestamptz',
    value: 'jsonb',
  },
  parent: 'approvals',
});

const approvalNotifyers = table('approval_notifyers', {
  key: { sp_no: 'text', userid: 'text' },
  parent: 'approvals',
  userids: { userid: {} },
});

const approvalComments = table('approval_comments', {
  key: { sp_no: 'text', comment_id: 'text' },
  columns: { userid: 'text', commented_at: 'timestamptz', content: 'text', media_ids: 'text[]' },
  parent: 'approvals',
  userids: { userid: {} },
});

export const approvalTables = [
  approvals,
  approvalSteps,
  approvalStepApprovers,
  approvalFields,
  approvalNotifyers,
  approvalComments,
];

/**
 * One detail (`info` of getapprovaldetail, with the asked number under ASKED_SP_NO) as rows. Keys inside of nodes,
 * comments and controls that have no column are in `payload` only.
 */
export function approvalRows(record: JsonObject, context: NormaliseContext): Rows {
  const { [ASKED_SP_NO]: asked, ...info } = record;
  const f = new Fields(info);
  const spNo = f.id('sp_no');
  // Seen in an official sample: the answer is about another request than the one asked for.
  if (asked !== undefined && idOf(asked) !== spNo)
    throw new RecordRejected(`the answer to sp_no ${idOf(asked)} is about sp_no ${spNo}`);

  const useridOf = (fields: Fields): string | null => {
    const userid = fields.optionalId('userid');
    return userid ? context.spelling(userid) : null;
  };
  const userids = (key: string): string[] =>
    objectsOf(f.raw(key)).flatMap((item) => useridOf(new Fields(item)) ?? []);

  const applyer = f.inner('applyer');
  const approval = {
    sp_no: spNo,
    sp_name: f.text('sp_name'),
    sp_status: f.int('sp_status'),
    template_id: f.optionalId('template_id'),
    applied_at: f.time('apply_time'),
    applicant_userid: useridOf(applyer),
    applicant_department_id: applyer.bigint('partyid'),
    batch_applicant_userids: userids('batch_applyer'),
  };
  const flow = flowRows(spNo, f, useridOf);
  const contents = objectsOf(f.inner('apply_data').raw('contents'));
  return {
    approval_steps: flow.steps,
    approval_step_approvers: flow.approvers,
    approval_fields: fieldRows(spNo, contents, (userid) => context.spelling(userid.trim())),
    approval_notifyers: userids('notifyer').map((userid) => ({ sp_no: spNo, userid })),
    approval_comments: commentRows(spNo, f, useridOf),
    approvals: [{ ...approval, extra: f.rest(), payload: JSON.stringify(info) }],
  };
}

type UseridOf = (fields: Fields) => string | null;

/**
 * The flow as both sources tell it: `sp_record` and the newer `process_list`. They overlap and may contradict each
 * other, so `source` says which. `approverattr` and `apv_rel` use opposite codes (5.2).
 */
function flowRows(spNo: string, f: Fields, useridOf: UseridOf): { steps: Row[]; approvers: Row[] } {
  const steps: Row[] = [];
  const approvers: Row[] = [];
  for (const [nodeIndex, node] of objectsOf(f.raw('sp_record')).entries()) {
    const n = new Fields(node);
    const key = { sp_no: spNo, source: 'sp_record', node_index: nodeIndex };
    steps.push({ ...key, sp_status: n.int('sp_status'), approverattr: n.int('approverattr') });
    for (const [detailIndex, detail] of objectsOf(n.raw('details')).entries()) {
      const d = new Fields(detail);
      approvers.push({
        ...key,
        detail_index: detailIndex,
        userid: useridOf(d.inner('approver')),
        speech: d.text('speech'),
        status: d.int('sp_status'),
        acted_at: d.time('sptime'),
        media_ids: d.texts('media_id', (id) => id.trim()),
      });
    }
  }
  for (const [nodeIndex, node] of objectsOf(f.inner('process_list').raw('node_list')).entries()) {
    const n = new Fields(node);
    const key = { sp_no: spNo, source: 'process_list', node_index: nodeIndex };
    steps.push({
      ...key,
      node_type: n.int('node_type'),
      sp_status: n.int('sp_status'),
      apv_rel: n.int('apv_rel'),
    });
    for (const [detailIndex, detail] of objectsOf(n.raw('sub_node_list')).entries()) {
      const d = new Fields(detail);
      approvers.push({
        ...key,
        detail_index: detailIndex,
        userid: useridOf(d),
        speech: d.text('speech'),
        status: d.int('sp_yj'),
        acted_at: d.time('sptime'),
        media_ids: d.texts('media_ids', (id) => id.trim()),
      });
    }
  }
  return { steps, approvers };
}

function commentRows(spNo: string, f: Fields, useridOf: UseridOf): Row[] {
  return objectsOf(f.raw('comments')).map((comment, index) => {
    const c = new Fields(comment);
    return {
      sp_no: spNo,
      // Without an id a comment is called by its position: it must not vanish.
      comment_id: c.optionalId('commentid') ?? `#${index}`,
      userid: useridOf(c.inner('commentUserInfo')),
      commented_at: c.time('commenttime'),
      content: c.text('commentcontent'),
      media_ids: c.texts('media_id', (id) => id.trim()),
    };
  });
}
