/** The parts of the AWS SDK that labos uses. In a file of its own: the SDK is CommonJS, and loaded lazily by its names. */
export {
  CreateDefaultVpcCommand,
  DescribeImagesCommand,
  DescribeInstancesCommand,
  DescribeInstanceTypeOfferingsCommand,
  DescribeInstanceTypesCommand,
  DescribeRegionsCommand,
  DescribeRouteTablesCommand,
  DescribeSpotPriceHistoryCommand,
  DescribeSubnetsCommand,
  DescribeVpcsCommand,
  EC2Client,
} from '@aws-sdk/client-ec2'
export { GetProductsCommand, PricingClient } from '@aws-sdk/client-pricing'
