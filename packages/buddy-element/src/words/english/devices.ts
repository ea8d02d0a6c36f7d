/** Camera, microphone and speaker. */
export const devices = {
  devices: { camera: 'Camera', microphone: 'Microphone', speaker: 'Speaker' },
  /** The names of devices to which the browser gives no name. */
  deviceNumber: {
    camera: 'Camera {number}',
    microphone: 'Microphone {number}',
    speaker: 'Speaker {number}',
  },
  noDevice: { camera: 'No camera', microphone: 'No microphone', speaker: 'System default' },
  level: 'Microphone level',
  openDevices: 'Camera and sound',
  closeDevices: 'Close',
  flipCamera: 'Turn camera round',
  resume: { camera: 'Turn camera on', microphone: 'Turn microphone on' },
  deviceReplaced: {
    camera: 'Your camera is gone. Now using {label}.',
    microphone: 'Your microphone is gone. Now using {label}.',
  },
  deviceReplacedByUnnamed: {
    camera: 'Your camera is gone. Now using another.',
    microphone: 'Your microphone is gone. Now using another.',
  },
  devicePaused: {
    camera: 'Your system has paused your camera.',
    microphone: 'Your system has paused your microphone.',
  },
  deviceForbidden: {
    camera: 'Your camera is not allowed any more.',
    microphone: 'Your microphone is not allowed any more.',
  },
  deviceLost: {
    camera: 'Your camera is gone. You are not seen.',
    microphone: 'Your microphone is gone. You are not heard.',
  },
  muteMicrophone: 'Mute microphone',
  unmuteMicrophone: 'Unmute microphone',
  hideCamera: 'Turn camera off',
  showCamera: 'Turn camera on',
  ownCameraOff: 'Your camera is off',
  ownCameraOn: 'Your camera is on',
  ownMuted: 'Your microphone is muted',
  ownUnmuted: 'Your microphone is on',
} as const
