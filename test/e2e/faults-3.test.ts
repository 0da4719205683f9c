import { apartSuites } from '../faults/suite.ts';

apartSuites(2, 3);
