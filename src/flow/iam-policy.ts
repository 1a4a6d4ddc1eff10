/** What `labos iam-policy` prints. */
export { leastPolicy, partitions } from '../provision/aws/policy.js'
