import { describeKernel } from './describe-kernel.ts';

await describeKernel('newest-6.1-cloud', '6.1');
