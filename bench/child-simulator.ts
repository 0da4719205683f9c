/** A simulator that lives until its parent leaves. */
import { startSimulator } from '../src/simulator/index.ts';
import type { SimulatorRequest } from './children.ts';

process.once('message', (message) => {
  const { size, latencyMs, quotas } = message as SimulatorRequest;
  void startSimulator({ size, latencyMs, quotas }).then((simulator) => {
    const { url, corpId, secret } = simulator;
    process.send?.({ url, corpId, secret });
    process.once('disconnect', () => void simulator.close().then(() => process.exit(0)));
  });
});
