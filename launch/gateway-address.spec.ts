import { createServer } from 'node:net';
import { assertFree, gatewayAddress } from './gateway-address';

describe('The address of the gateway', () => {
  it('is on the loopback interface unless configured', () => {
    expect(gatewayAddress({})).toEqual({ host: '127.0.0.1', port: 3000, url: 'http://127.0.0.1:3000' });
    expect(gatewayAddress({ HOST: '::1', PORT: '8080' }).url).toBe('http://[::1]:8080');
  });

  it('is reached on the loopback interface when the gateway listens on all of them', () => {
    expect(gatewayAddress({ HOST: '0.0.0.0' }).url).toBe('http://127.0.0.1:3000');
    expect(gatewayAddress({ HOST: '::' }).url).toBe('http://[::1]:3000');
  });

  it('names PORT and a command to try when another program has the port', async () => {
    const other = createServer();
    const port = await new Promise<number>((resolve) => {
      other.listen(0, '127.0.0.1', () => {
        const address = other.address();
        resolve(typeof address === 'object' && address ? address.port : 0);
      });
    });
    await expect(assertFree(gatewayAddress({ PORT: String(port) }))).rejects.toThrow(
      `Port ${port} is taken by another program: stop that program, or set PORT to a free port, as in "PORT=${port + 1} npm start".`,
    );
    await new Promise((resolve) => other.close(resolve));
    await expect(assertFree(gatewayAddress({ PORT: String(port) }))).resolves.toBeUndefined();
  });

  it('names HOST when it is no address of this machine', async () => {
    await expect(assertFree(gatewayAddress({ HOST: '192.0.2.1' }))).rejects.toThrow(
      /EADDRNOTAVAIL.*set HOST/,
    );
  });

  it('leaves a PORT that is no number to the gateway, which reports all such mistakes together', async () => {
    await expect(assertFree(gatewayAddress({ PORT: 'http' }))).resolves.toBeUndefined();
  });
});
