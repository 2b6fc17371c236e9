import { describeCrashes } from './agent/describe-crashes.ts';

describeCrashes('newest-6.1-cloud');
