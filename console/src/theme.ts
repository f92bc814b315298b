import { createTheme } from '@mantine/core';

export const theme = createTheme({
  primaryColor: 'brand',
  primaryShade: 7,
  colors: {
    brand: [
      '#e8f6f7',
      '#d2e9eb',
      '#a4d3d8',
      '#73bcc4',
      '#4da9b3',
      '#369da9',
      '#2398a5',
      '#0b5f6b',
      '#084e58',
      '#043d46',
    ],
  },
  defaultRadius: 'md',
  respectReducedMotion: true,
});
