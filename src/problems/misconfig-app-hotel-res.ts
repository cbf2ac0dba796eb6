import { setImage } from '../faults/set-image.ts';
import { FIRST_LOOK, HOTEL, NAMESPACE, WAIT } from './hotel-reservation.ts';
import type { Family } from './problem.ts';

const ready = `kubectl rollout status deployment/geo -n ${NAMESPACE} ${WAIT}`;
const GOOD_IMAGE = 'yinfangchen/hotelreservation:latest';

export const misconfigAppHotelRes: Family = {
  name: 'misconfig_app_hotel_res',
  application: HOTEL,
  variants: [
    {
      suffix: '-1',
      fault: setImage('geo', 'hotel-reserv-geo', 'yinfangchen/geo:app3'),
      harmless: setImage('geo', 'hotel-reserv-geo', `docker.io/${GOOD_IMAGE}`),
      load: { rate: 10, seconds: 10 },
      truth: { localization: ['geo'], analysis: [{ system_level: 'Application', fault_type: 'Misconfiguration' }] },
      investigation: [
        ...FIRST_LOOK,
        `kubectl logs deployment/geo -n ${NAMESPACE} --tail=20`,
        `kubectl rollout history deployment/geo -n ${NAMESPACE}`,
        `kubectl get deployment geo -n ${NAMESPACE} -o jsonpath='{.spec.template.spec.containers[0].image}'`,
      ],
      repairs: [
        {
          name: 'set the image back',
          commands: [`kubectl set image deployment/geo hotel-reserv-geo=${GOOD_IMAGE} -n ${NAMESPACE}`, ready],
        },
        { name: 'roll the deployment back', commands: [`kubectl rollout undo deployment/geo -n ${NAMESPACE}`, ready] },
        {
          name: 'helm rollback',
          commands: [`helm rollback hotel-reservation 1 -n ${NAMESPACE} --force-conflicts`, ready],
        },
        {
          name: 'apply an edited manifest',
          commands: [
            `kubectl get deployment geo -n ${NAMESPACE} -o yaml | sed 's#yinfangchen/geo:app3#${GOOD_IMAGE}#' | kubectl replace -f -`,
            ready,
          ],
        },
      ],
      tasks: ['detection', 'localization', 'analysis', 'mitigation'],
    },
  ],
};
