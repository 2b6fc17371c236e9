import { describeAgent } from './agent/describe-agent.ts';

// What an oops or a panic leaves behind is what differs between the two kernels; the journal on the disk is the same.
describeAgent('newest-6.12-cloud', 'crashes');
