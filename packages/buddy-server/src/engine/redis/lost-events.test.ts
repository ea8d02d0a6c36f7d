// A node dies after Redis has handled its commands, and before it has sent the events to the other nodes.
import { describe, expect, test } from 'vitest'
import { ContractSession } from '../engine-world.fixture.ts'
import { useRedis } from './connected-redis.fixture.ts'
import { missingRedisMessage } from './redis-server.fixture.ts'
import { beatMs, createCrowd } from './takeover.fixture.ts'

const redis = useRedis()

type Crowd = Awaited<ReturnType<typeof createCrowd>>

/** Redis handles what node 0 has sent in this turn, and the node dies. Then it is declared dead, and all is settled. */
async function die({ world, nodes, pass }: Crowd): Promise<void> {
  nodes.fail(0, true)
  await nodes.settle()
  nodes.hang(0)
  // The node has reported that Redis does not answer.
  world.errors.splice(0)
  await pass(8 * beatMs)
  await world.settle()
}

describe.skipIf(missingRedisMessage)('if a node dies', () => {
  test('before it has sent the end of a room, the partner at another node learns of it', async () => {
    const crowd = await createCrowd(redis)
    crowd.bob.take()
    crowd.ana.leave()
    await die(crowd)
    expect(crowd.bob.take()).toContainEqual({ type: 'parted', reason: 'lost' })
  })

  test('before it has sent a match, the partner at another node is in the room', async () => {
    const crowd = await createCrowd(redis)
    const { world, nodes } = crowd
    const [first, second] = nodes.nodes
    const dan = new ContractSession('dan', second!)
    dan.enter()
    await world.settle()
    const cem = new ContractSession('cem', first!)
    cem.enter()
    await die(crowd)
    expect(dan.room?.seats.map(({ sessionId }) => sessionId)).toEqual(['dan', 'cem'])
  })
})
