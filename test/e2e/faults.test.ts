import { apartSuites, togetherSuite } from '../faults/suite.ts';

togetherSuite();
apartSuites(0, 3);
