import { describeAgent } from './agent/describe-agent.ts';

describeAgent('newest-6.1-cloud', 'crashes');
