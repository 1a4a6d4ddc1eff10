import type { RentedLab } from '../../state/record.js'

/** The command that goes on with a lab as it is. Pure. */
export const upAgain = ({ name, plan }: Pick<RentedLab, 'name' | 'plan'>): string =>
  `labos up ${plan.model.id} --name ${name}${plan.serving ? '' : ' --until machine'}`
