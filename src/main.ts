import 'reflect-metadata';
import { Controller, Get, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';

@Controller()
class A {
  @Get('x')
  x(): { ok: boolean } {
    return { ok: true };
  }
}

@Module({ controllers: [A] })
class AppModule {}

async function main(): Promise<void> {
  const app = await NestFactory.create(AppModule, new FastifyAdapter());
  await app.listen(3999);
  setTimeout(() => void app.close(), 1000);
}
void main();
