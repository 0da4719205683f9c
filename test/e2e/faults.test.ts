import { apartSuites, togetherSuite } from '../faults/suite.ts';

togetherSuite('on every path in one run');
apartSuites(0, 3);
