// SPDX-License-Identifier: ISC
// ONNX Runtime as a peer of bench; peer.h tells the protocol.
'use strict';
const fs = require('fs');
const readline = require('readline');
const runtime = require('onnxruntime-node');

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
let session = null, feeds = null;

async function once() {
	return (await session.run(feeds))[session.outputNames[0]].data;
}

async function open(path, layer, shape, threads, source, result) {
	if (layer)
		throw new Error('no gradients');
	session = await runtime.InferenceSession.create(path, {
		intraOpNumThreads: Number(threads), interOpNumThreads: 1, executionMode: 'sequential',
		graphOptimizationLevel: 'all', enableCpuMemArena: true, enableMemPattern: true,
	});
	const b = fs.readFileSync(source);
	const x = new Float32Array(b.buffer.slice(b.byteOffset, b.byteOffset + b.byteLength));
	feeds = {};
	feeds[session.inputNames[0]] = new runtime.Tensor('float32', x, shape.split('x').map(Number));
	const y = await once();
	fs.writeFileSync(result, Buffer.from(y.buffer, y.byteOffset, y.byteLength));
	return 'ok\t';
}

async function close() {
	if (session)
		await session.release();
	session = null;
	return 'ok\t';
}

async function run(seconds) {
	const times = [], begun = performance.now();
	while (times.length === 0 || performance.now() - begun < 1e3 * seconds) {
		const before = performance.now();
		await once();
		times.push(performance.now() - before);
	}
	times.sort((a, b) => a - b);
	await sleep(20); // its threads have stopped to spin when the next one begins
	return times[times.length >> 1].toFixed(6) + '\t' + times[0].toFixed(6);
}

async function main() {
	console.log('ONNX Runtime ' + require('onnxruntime-node/package.json').version);
	for await (const line of readline.createInterface({input: process.stdin})) {
		const [word, ...rest] = line.split('\t');
		let answer;
		try {
			if (word === 'open')
				await close();
			answer = await {open, close, run}[word](...rest);
		} catch (e) {
			answer = 'no\t' + String(e.message).replace(/\n/g, ' ');
		}
		console.log(answer);
	}
}

main();
