import { describeKernel } from './describe-kernel.ts';

await describeKernel('newest-6.12-cloud', '6.12');
