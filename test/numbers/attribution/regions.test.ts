/** Where callers and visits are at home, by one measure. */
import { expect, test } from 'vitest';
import { createAniRegions } from '../../../src/numbers/ani-region.ts';
import { coarseRegion } from '../../../src/numbers/coarse-region.ts';
import { createNumberPlaces } from '../../../src/numbers/number-place.file.ts';

test.each([
  ['+15035550142', 'US-OR'],
  ['+12125550142', 'US-NY'],
  ['+14165550142', 'CA-ON'],
  ['+442079460142', 'GB'],
  ['+447700900123', null],
  ['+18005550142', null],
  ['24273', null],
  [null, null],
  ['+10000000000', null],
])('the number %s is at home in %s', async (address, region) => {
  const regions = createAniRegions({ places: createNumberPlaces() });
  await regions.learn(address);
  expect(regions.regionOf(address)).toBe(region);
});

test('a North American number that was not learned is nowhere, and waits for no disk', () => {
  expect(createAniRegions({ places: createNumberPlaces() }).regionOf('+15035550142')).toBeNull();
});

test.each([
  ['US-OR', 'US-OR'],
  [' us-or ', 'US-OR'],
  ['CA-QC', 'CA-QC'],
  ['DE-BE', 'DE'],
  ['GB', 'GB'],
  ['US', null],
  ['Oregon', null],
  ['', null],
  [null, null],
])('a page that says %s means %s', (told, region) => {
  expect(coarseRegion(told)).toBe(region);
});
