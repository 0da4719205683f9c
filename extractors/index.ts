import type { Stream } from '../src/engine/stream.ts';
import { approvalTemplatesStream } from './approval_templates.ts';
import { approvalsStream } from './approvals.ts';
import { checkinsStream } from './checkins.ts';
import { corpTagsStream } from './corp_tags.ts';
import { customersStream } from './customers.ts';
import { departmentsStream } from './departments.ts';
import { employeesStream } from './employees.ts';
import { followUsersStream } from './follow_users.ts';
import { groupChatOwnerDailyStream } from './group_chat_owner_daily.ts';
import { groupChatsStream } from './group_chats.ts';
import { unassignedCustomersStream } from './unassigned_customers.ts';
import { userBehaviorDailyStream } from './user_behavior_daily.ts';

/** Every stream, those that others need first. A new one is added here. */
export const catalogue: readonly Stream[] = [
  departmentsStream,
  employeesStream,
  followUsersStream,
  corpTagsStream,
  unassignedCustomersStream,
  customersStream,
  groupChatsStream,
  userBehaviorDailyStream,
  groupChatOwnerDailyStream,
  approvalsStream,
  approvalTemplatesStream,
  checkinsStream,
];

/** The stream that brings the directory, and with it the spelling of userids. */
export const directoryStream = employeesStream.name;

/** The streams whose rows say how a userid is spelled: the directory, and what stands in where it could not be read. */
export const spellingStreams = [employeesStream.name, followUsersStream.name];

/** The stream whose tables tell how approval forms look. */
export const formStream = approvalTemplatesStream.name;
