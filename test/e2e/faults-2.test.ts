import { apartSuites } from '../faults/suite.ts';

apartSuites(1, 3);
